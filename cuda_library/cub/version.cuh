// The release whose documentation this library follows.
#pragma once

#define CUB_VERSION 200301
#define CUB_MAJOR_VERSION 2
#define CUB_MINOR_VERSION 3
#define CUB_SUBMINOR_VERSION 1
