package dev.lanewise.model.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import dev.lanewise.model.image.PreprocessorConfig.Size;
import dev.lanewise.model.json.Json;
import dev.lanewise.model.json.JsonView;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code preprocessor_config.json}, and the numbers that images become. */
class PreprocessorConfigTest {
  @TempDir private Path folder;

  private static PreprocessorConfig config(String json) {
    return PreprocessorConfig.of(new JsonView("p.json", "", Json.parse("p.json", json)));
  }

  @Test
  void whatIsNotSaidIsAsTheProcessorsOwn() {
    for (String name : new String[] {"ViTImageProcessor", "ViTImageProcessorFast"}) {
      PreprocessorConfig vit = config("{\"image_processor_type\": \"" + name + "\"}");
      assertEquals(new Size(224, 224), vit.resize());
      assertEquals(Resampling.BILINEAR, vit.resampling());
      assertNull(vit.crop());
      assertEquals(1 / 255.0, vit.scale());
      assertArrayEquals(new float[] {0.5f, 0.5f, 0.5f}, vit.mean());
      assertArrayEquals(new float[] {0.5f, 0.5f, 0.5f}, vit.deviation());
    }
    assertEquals(new Size(224, 224), config("{}").output());
    PreprocessorConfig deit = config("{\"feature_extractor_type\": \"DeiTFeatureExtractor\"}");
    assertEquals(new Size(256, 256), deit.resize());
    assertEquals(Resampling.BICUBIC, deit.resampling());
    assertEquals(new Size(224, 224), deit.crop());
    assertEquals(deit.crop(), deit.output());
  }

  @Test
  void sizesAreSaidInManyWays() {
    assertEquals(new Size(20, 20), config("{\"size\": 20}").resize());
    assertEquals(new Size(20, 30), config("{\"size\": [20, 30]}").resize());
    assertEquals(new Size(20, 30), config("{\"size\": {\"width\": 30, \"height\": 20}}").resize());
    PreprocessorConfig shortest = config("{\"size\": {\"shortest_edge\": 20}}");
    assertNull(shortest.output());
    assertArrayEquals(new int[] {20, 33}, shortest.resize().of(ResizeTest.noise(5, 3)));
    assertArrayEquals(new int[] {33, 20}, shortest.resize().of(ResizeTest.noise(3, 5)));
    assertNull(config("{\"do_resize\": false}").resize());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"image_processor_type\": \"CLIPImageProcessor\"} | is CLIPImageProcessor; known are",
        "{\"size\": {\"longest_edge\": 3}} | known are height and width, or shortest_edge",
        "{\"size\": 0} | p.json: size is 0; it must be from 1 to 4096",
        "{\"size\": 99999} | it must be from 1 to 4096",
        "{\"size\": \"big\"} | expected an object",
        "{\"resample\": 6} | resample is 6; known are 0 to 5",
        "{\"image_std\": [1, 0, 1]} | image_std holds 0",
        "{\"image_mean\": [1, 0]} | has 2 numbers",
        "{\"do_center_crop\": true, \"crop_size\": {\"shortest_edge\": 3}} | height and width",
      })
  void whatCannotBeDoneIsSaid(String json, String part) {
    String message = assertThrows(LanewiseException.class, () -> config(json)).getMessage();
    assertTrue(message.contains(part), message);
  }

  @Test
  void aFolderWithoutTheFileIsRefused() {
    String message =
        assertThrows(LanewiseException.class, () -> PreprocessorConfig.read(folder)).getMessage();
    assertTrue(message.contains("has no preprocessor_config.json"), message);
  }

  @Test
  void samplesAreScaledThenNormalisedPlaneByPlane() {
    PreprocessorConfig config =
        config(
            "{\"do_resize\": false, \"rescale_factor\": 0.5, \"image_mean\": [1, 2, 3],"
                + " \"image_std\": [1, 2, 4]}");
    float[] to = new float[7];
    Pixels image = new Pixels(2, 1, new byte[] {2, 4, 6, (byte) 200, 8, 14});
    new ImageProcessor(config).process("a", image, to, 1, 1, 2);
    assertArrayEquals(new float[] {0, 0, 99, 0, 1, 0, 1}, to);
    PreprocessorConfig plain =
        config("{\"do_resize\": false, \"do_rescale\": false, \"do_normalize\": false}");
    new ImageProcessor(plain).process("a", image, to, 0, 1, 2);
    assertArrayEquals(new float[] {2, 200, 4, 8, 6, 14}, Arrays.copyOf(to, 6));
  }

  @Test
  void numbersThatMakeNoNumberAreRefused() {
    PreprocessorConfig config = config("{\"rescale_factor\": 1e300}");
    String message =
        assertThrows(LanewiseException.class, () -> new ImageProcessor(config)).getMessage();
    assertTrue(message.startsWith("p.json: rescale_factor, image_mean and image_std"), message);
  }

  @Test
  void otherSizesThanTheModelsAreRefused() {
    ImageProcessor processor = new ImageProcessor(config("{\"do_resize\": false}"));
    Pixels image = ResizeTest.noise(3, 2);
    String message =
        assertThrows(
                LanewiseException.class,
                () -> processor.process("a.png", image, new float[12], 0, 2, 2))
            .getMessage();
    assertTrue(message.contains("a.png: is 3 x 2 pixels after the steps of p.json"), message);
    ImageProcessor wide = new ImageProcessor(config("{\"size\": {\"shortest_edge\": 4096}}"));
    Pixels strip = new Pixels(65535, 1, new byte[3 * 65535]);
    message = assertThrows(LanewiseException.class, () -> wide.shape("b.png", strip)).getMessage();
    assertTrue(message.contains("b.png: 65535 x 1 pixels would become 268431360 x 4096"), message);
  }
}
