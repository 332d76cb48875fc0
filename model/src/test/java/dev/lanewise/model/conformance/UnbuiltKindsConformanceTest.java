package dev.lanewise.model.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * No case goes unseen: all are run by a test, or of a kind that is listed as not built. A listed
 * kind that works fails here until it is taken off the list.
 */
@Tag("conformance")
class UnbuiltKindsConformanceTest {
  /** What the other conformance tests run or read, by path below the vectors. */
  private static final List<String> BUILT =
      List.of(
          "quant/{F32,F16,BF16,Q4_0,Q4_1,Q5_0,Q5_1,Q8_0,Q2_K,Q3_K,Q4_K,Q5_K,Q6_K}-*.safetensors",
          "quant/{IQ1_S,IQ1_M,IQ2_XXS,IQ2_XS,IQ2_S,IQ3_XXS,IQ3_S}-*.safetensors",
          "quant/{IQ4_NL,IQ4_XS,TQ1_0,TQ2_0,MXFP4,NVFP4}-*.safetensors",
          "models/*",
          "onnx-ops/*",
          "tokenizers/spm-*",
          "tokenizers/*.gguf",
          "tokenizers/*.gguf.{inp,out}",
          "real/*.{gguf,json}");

  @TestFactory
  List<DynamicTest> listedKindsDoNotWork() {
    List<DynamicTest> tests = new ArrayList<>();
    for (UnbuiltKinds.Kind kind : UnbuiltKinds.ALL) {
      tests.add(
          dynamicTest(
              kind.glob(),
              () ->
                  assertEquals(
                      "",
                      kind.probe().working(cases(kind)),
                      "take " + kind.glob() + " off the list and test its cases")));
    }
    return tests;
  }

  @Test
  void everyEntryIsBuiltOrListed() {
    List<String> unseen = new ArrayList<>();
    for (Path entry : entries()) {
      boolean built = BUILT.stream().anyMatch(glob -> matcher(glob).matches(relative(entry)));
      if (built == UnbuiltKinds.contains(entry)) {
        unseen.add(relative(entry) + (built ? " (both built and listed)" : ""));
      }
    }
    assertEquals(List.of(), unseen);
    assertFalse(entries().isEmpty(), Vectors.directory() + " holds no case at all");
  }

  @Test
  void printsTheList() {
    System.out.println("Kinds of cases that are not built yet:");
    for (UnbuiltKinds.Kind kind : UnbuiltKinds.ALL) {
      System.out.printf(
          "  %-32s %3d here   lacks %s%n", kind.glob(), cases(kind).size(), kind.lacking());
    }
    assertEquals(
        UnbuiltKinds.ALL.size(), UnbuiltKinds.ALL.stream().map(k -> k.glob()).distinct().count());
  }

  private static List<Path> cases(UnbuiltKinds.Kind kind) {
    return entries().stream().filter(kind::matches).toList();
  }

  /** Files at the top, and what lies directly in each folder. */
  private static List<Path> entries() {
    List<Path> entries = new ArrayList<>();
    for (Path top : Vectors.entries("", "*")) {
      if (Files.isDirectory(top)) {
        entries.addAll(Vectors.entries(top.getFileName().toString(), "*"));
      } else {
        entries.add(top);
      }
    }
    return entries;
  }

  private static Path relative(Path entry) {
    return Vectors.directory().relativize(entry);
  }

  private static PathMatcher matcher(String glob) {
    return FileSystems.getDefault().getPathMatcher("glob:" + glob);
  }
}
