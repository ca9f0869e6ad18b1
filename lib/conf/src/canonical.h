/*
 * Inside lib/conf: spellings that depend on the rest of the configuration.
 */
#ifndef CANONICAL_H
#define CANONICAL_H

#include "conf/conf.h"

#endif
