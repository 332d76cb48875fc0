/**
 * What others make of the same operations, each timed in the form that it likes best, checked by
 * tests before. Only this package knows the libraries: OpenBLAS 0.3.31 through JavaCPP (BSD-3,
 * Apache-2.0), ONNX Runtime 1.26 (MIT), netlib 3.0 (MIT), Jlama 0.8 (Apache-2.0), EJML 0.46
 * (Apache-2.0), ND4J 1.0.0-M2.1 (Apache-2.0); llama.cpp (MIT) only where {@code LLAMA_BENCH} names
 * its program.
 *
 * <pre>java -jar bench/target/lanewise-bench.jar PeerGemm -p threads=1,2 -p shape=64x64x64</pre>
 */
package dev.lanewise.bench.peers;
