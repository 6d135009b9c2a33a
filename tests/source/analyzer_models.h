/*
 * For gcc's analyzer alone (tests/source/analyze.sh): what it must know of functions that it cannot
 * look into.
 */
#ifndef COALMINE_ANALYZER_MODELS_H
#define COALMINE_ANALYZER_MODELS_H

#include <cjson/cJSON.h>

/* They take NULL for no item: whoever passed one of them holds an item. */
#define MODEL_IS(item, mask) ((item) && ((item)->type & (mask)))
#define cJSON_IsNumber(item) MODEL_IS(item, cJSON_Number)
#define cJSON_IsString(item) MODEL_IS(item, cJSON_String)
#define cJSON_IsArray(item) MODEL_IS(item, cJSON_Array)
#define cJSON_IsObject(item) MODEL_IS(item, cJSON_Object)
#define cJSON_IsNull(item) MODEL_IS(item, cJSON_NULL)
#define cJSON_IsTrue(item) MODEL_IS(item, cJSON_True)
#define cJSON_IsFalse(item) MODEL_IS(item, cJSON_False)
#define cJSON_IsBool(item) MODEL_IS(item, cJSON_True | cJSON_False)

#endif
