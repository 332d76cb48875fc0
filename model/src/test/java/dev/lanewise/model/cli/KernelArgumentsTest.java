package dev.lanewise.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.json.JsonView;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code bench gemm} and its like: what they print and what they refuse. */
class KernelArgumentsTest {
  private static Outcome run(String command) {
    return Outcome.of(command.split(" "));
  }

  @ParameterizedTest
  @CsvSource({
    "gemm 5 33 17, gflops",
    "softmax 3 65, ns_per_element",
    "attention 2 16 9 --causal, gflops",
    "gemv q4_0 33 64, gbytes_per_second"
  })
  void theResultIsOneFlatObject(String words, String unit) {
    Outcome outcome = run("bench " + words + " -t 1 -r 3 --warm-up 0 --json");
    JsonView result = outcome.object();
    assertEquals(words.split(" ")[0], result.string("kernel"));
    assertEquals(1, result.integer("threads"));
    assertEquals(3, result.integer("samples"));
    double median = result.number(unit);
    assertTrue(median > 0);
    assertTrue(result.number(unit + "_min") <= median);
    assertTrue(result.number(unit + "_max") >= median);
    assertTrue(result.number("percent_of_roofline") > 0);
  }

  @Test
  void peopleGetATable() {
    Outcome outcome = run("bench softmax 2 3 -t 1 -r 1 --warm-up 0");
    assertEquals(0, outcome.code(), outcome.err());
    assertTrue(outcome.out().contains("percent_of_roofline  "), outcome.out());
  }

  @ParameterizedTest
  @CsvSource({
    "gemm 2 3, takes M N K",
    "gemm 2 3 4 5, one argument too many",
    "gemm 2 0 4, N is '0'",
    "gemm -2 3 4, M is '-2'",
    "gemm 2 3 99999999999, K is '99999999999'",
    "softmax 2 x, COLUMNS is 'x'",
    "gemv Q9_0 4 64, there is no type 'Q9_0'",
    "gemv Q4_K 4 64, must be a multiple of 256",
    "gmm 2 3 4, (did you mean gemm?); choose one",
    "kernel, (did you mean kernels?); choose one",
    "gemm 2 3 4 --causal, --causal is for attention",
    "gemm 2 3 4 -m model.gguf, a kernel was named",
    "--causal, bench attention HEADS"
  })
  void wrongUsageSaysWhatToDo(String words, String message) {
    Outcome outcome = run("bench " + words);
    assertEquals(2, outcome.code(), outcome.err());
    assertTrue(outcome.err().contains(message), outcome.err());
    assertEquals("", outcome.out());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "gemm 2147483647 2147483647 2147483647",
        "gemm 20000 20000 20000",
        "softmax 1 2147483647",
        "attention 1000 1000 2147483647",
        "attention 2147483647 2147483647 2147483647",
        "gemv Q8_0 2147483647 2147483616",
        "gemv Q8_0 16 134217728",
        "gemv F32 100000 100000"
      })
  void whatDoesNotFitIsRefused(String words) {
    Outcome outcome = run("bench " + words);
    assertEquals(1, outcome.code(), outcome.err());
    assertTrue(outcome.err().contains("choose"), outcome.err());
    assertEquals(1, outcome.err().lines().count(), outcome.err());
  }

  @ParameterizedTest
  @CsvSource({
    "gemm 100000 100000 100000, the operands take 120.0 GB",
    "gemm 20000 20000 20000, the operands take 4.8 GB",
    "gemv F32 100000 100000, the weights take 80.0 GB"
  })
  void howMuchItWouldTakeIsTold(String words, String message) {
    Outcome outcome = run("bench " + words);
    assertTrue(outcome.err().contains(message), outcome.err());
  }
}
