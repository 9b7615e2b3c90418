/* Inside of the transforms: what transform.c's table takes from its other files. */
#ifndef ZS_MAP_TRANSFORM_INT_H
#define ZS_MAP_TRANSFORM_INT_H

#include "map/map_int.h"

/* transform_date.c */
bool map_compile_date(struct map_compiler *c, const struct json *arg, struct map_args *out);
bool map_compile_date_time(struct map_compiler *c, const struct json *arg, struct map_args *out);
bool map_compile_time(struct map_compiler *c, const struct json *arg, struct map_args *out);
enum map_outcome map_run_date(const struct map_work *w, const struct map_args *args, struct str in,
                              struct map_value *out);
enum map_outcome map_run_date_time(const struct map_work *w, const struct map_args *args,
                                   struct str in, struct map_value *out);
enum map_outcome map_run_time(const struct map_work *w, const struct map_args *args, struct str in,
                              struct map_value *out);

#endif
