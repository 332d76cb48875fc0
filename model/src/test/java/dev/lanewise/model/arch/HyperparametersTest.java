package dev.lanewise.model.arch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.kernels.Activation;
import dev.lanewise.model.LanewiseException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HyperparametersTest {
  @TempDir private Path folder;

  private Activation activation(String name) {
    String config = "{\"model_type\": \"bert\", \"hidden_act\": \"%s\"}".formatted(name);
    return new Hyperparameters(TinyEncoder.open(folder, config, TinyEncoder.BERT), Map.of())
        .activation("hidden_act", Activation.GELU);
  }

  @ParameterizedTest
  @CsvSource({
    "gelu, GELU",
    "gelu_accurate, GELU_TANH",
    "gelu_fast, GELU_TANH",
    "gelu_new, GELU_TANH",
    "gelu_python, GELU",
    "gelu_python_tanh, GELU_TANH",
    "gelu_pytorch_tanh, GELU_TANH",
    "linear, IDENTITY",
    "relu, RELU",
    "sigmoid, SIGMOID",
    "silu, SILU",
    "swish, SILU",
    "tanh, TANH"
  })
  void activationsHaveTheNamesOfTransformers(String name, Activation wanted) {
    assertEquals(wanted, activation(name));
  }

  @Test
  void anActivationThatIsNotKnownIsRefused() {
    String message =
        assertThrows(LanewiseException.class, () -> activation("quick_gelu")).getMessage();
    assertTrue(message.contains("hidden_act is 'quick_gelu'; it must be gelu, "), message);
  }
}
