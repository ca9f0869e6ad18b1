#include "errata.h"
bool errata_rewrite(struct statement *statement, size_t *token) { (void)statement; (void)token; return false; }
bool errata_rewrite_value(struct statement *statement, const struct schema_node *schema, size_t token) { (void)statement; (void)schema; (void)token; return false; }
const char *errata_explain(const struct statement *statement, size_t token) { (void)statement; (void)token; return NULL; }
