#pragma once
#include <ascendify/torch.h>
