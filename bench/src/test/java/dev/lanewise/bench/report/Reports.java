package dev.lanewise.bench.report;

import dev.lanewise.bench.Work;
import dev.lanewise.kernels.Roofline;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reports that nobody measured. */
final class Reports {
  /** A name that no form may take for markup. */
  static final String HOSTILE = "a<b> & \"c\" | `d`";

  private Reports() {}

  /** A machine of 100 GFLOP/s and 20 GB/s on one thread, twice as much on two. */
  static Report of(Result... results) {
    return new Report(
        "kernels",
        "short",
        "2026-01-02T03:04:05Z",
        new Machine("CPU " + HOSTILE, 2, "Linux", "25", "VM", List.of("-Xa", "-Xb"), "abc"),
        List.of(new Roofline(1, true, 100, 20), new Roofline(2, true, 200, 40)),
        List.of(results),
        List.of("Broken.one: " + HOSTILE));
  }

  /** A square product of matrices. */
  static Result gemm(String implementation, int n, int threads, double nanoseconds, double error) {
    return new Result(
        "PeerGemm.gemm",
        parameters(implementation, n + "x" + n + "x" + n, threads),
        nanoseconds,
        error,
        Work.gemm(n, n, n));
  }

  /** Work that memory bounds. */
  static Result softmax(String implementation, int n, double nanoseconds) {
    return new Result(
        "Softmax.softmax",
        parameters(implementation, "1x" + n, 1),
        nanoseconds,
        0,
        Work.softmax(n));
  }

  /** Work without operations. */
  static Result copy(double nanoseconds) {
    return new Result(
        "Patches.patches", parameters("simd", "1x2", 1), nanoseconds, 0, Work.of(0, 8));
  }

  /** A token of a model. */
  static Result decode(double nanoseconds) {
    return new Result(
        "Decode.decode",
        Map.of("implementation", "simd", "model", HOSTILE),
        nanoseconds,
        0,
        new Work(2e6, 1e6, 1));
  }

  private static Map<String, String> parameters(String implementation, String shape, int threads) {
    Map<String, String> parameters = new LinkedHashMap<>();
    parameters.put("implementation", implementation);
    parameters.put("threads", Integer.toString(threads));
    parameters.put("shape", shape);
    return parameters;
  }
}
