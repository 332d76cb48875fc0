package dev.lanewise.model.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** No case goes unseen: all are of a kind that a test runs. */
@Tag("conformance")
class KindsConformanceTest {
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
          "real/*.{gguf,json}",
          TrainingConformanceTest.TEXT);

  @Test
  void everyEntryIsOfAKindThatIsTested() {
    List<String> unseen = new ArrayList<>();
    for (Path entry : entries()) {
      Path relative = Vectors.directory().relativize(entry);
      if (BUILT.stream().noneMatch(glob -> matches(glob, relative))) {
        unseen.add(relative.toString());
      }
    }
    assertEquals(List.of(), unseen, "kinds of cases that nothing runs yet");
    assertFalse(entries().isEmpty(), Vectors.directory() + " holds no case at all");
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

  private static boolean matches(String glob, Path relative) {
    return FileSystems.getDefault().getPathMatcher("glob:" + glob).matches(relative);
  }
}
