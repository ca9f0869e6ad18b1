#include "render_private.h"
#include "load_private.h"
void render_json(const struct conf_node *node, struct text *out) { (void)node; (void)out; }
void render_xml(const struct conf_node *node, struct text *out) { (void)node; (void)out; }
void load_json(const struct load *load) { (void)load; }
void conf_compare(const struct conf_tree *before, const struct conf_tree *after, struct text *out) { (void)before; (void)after; (void)out; }
