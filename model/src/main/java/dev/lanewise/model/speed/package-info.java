/**
 * How fast a kernel, an encoder or a language model is on this machine: what {@code lanewise bench}
 * tells users. Each is measured after a warm-up, kernels after a check of their output. Knows no
 * command line; the benchmarks that developers compare are in the module {@code bench}.
 */
package dev.lanewise.model.speed;
