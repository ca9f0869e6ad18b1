/*
 * The cases of `bench engine`, a file for each family of them; each runs what is asked for and adds its rows.
 */
#ifndef BENCH_CASES_H
#define BENCH_CASES_H

#include "result.h"
#include "scene.h"

/* Cycles of one burst of ENGINE_BURST packets, which were made before, in calls of `batch`. Not inline anywhere, so that
 * bench/instructions can name it. */
uint64_t bench_measure_burst(struct scene *scene, uint32_t batch);
/* A scene, or NULL and said so. */
struct scene *bench_scene(struct bench *bench, const struct scene_plan *plan) __attribute__((warn_unused_result));
/* The same with sessions for flows [0, plan->sessions). */
struct scene *bench_scene_established(struct bench *bench, const struct scene_plan *plan)
    __attribute__((warn_unused_result));
/* Notes how much of the scene lies in huge pages. */
void bench_note_pages(struct bench *bench, const struct scene *scene);
/* Cycles a packet of established flows: of one repeat, and bench->repeats values. */
double bench_measure_pass(struct scene *scene, struct random_source *random, uint32_t batch);
void bench_measure_established(struct bench *bench, struct scene *scene, uint32_t batch, double *cycles);

void cases_session(struct bench *bench);  /* lookup, established, plain-inet6, denied, new-session, expire */
void cases_nat(struct bench *bench);      /* nat-pool */
void cases_classify(struct bench *bench); /* classify */
void cases_screen(struct bench *bench);   /* screens-on, screens-drop, screens-flood */
void cases_syn(struct bench *bench);     /* syn-cookie */
void cases_workers(struct bench *bench);  /* workers */
void cases_scale(struct bench *bench);    /* scale-sessions, fib, fib-publish */

#endif
