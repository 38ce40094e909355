// Found without being included: see ascendify_oracle.h.
#pragma once
