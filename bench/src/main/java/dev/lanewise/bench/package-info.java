/**
 * JMH benchmarks of the kernels and of whole models, in the sizes of SmolLM2-135M. Operands are
 * seeded, and the tests compare the implementations before anyone times them. {@link
 * dev.lanewise.bench.Suite} runs many and writes a report. Knows no kernel's inside.
 *
 * <pre>
 * java -jar bench/target/lanewise-bench.jar Gemv -p dtype=Q8_0 -p shape=1536x576 -p threads=2
 * java -jar bench/target/lanewise-bench.jar Decode -p model=FILE.gguf -prof gc
 * </pre>
 */
package dev.lanewise.bench;
