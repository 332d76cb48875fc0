package dev.lanewise.model.server;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.json.JsonView;
import dev.lanewise.model.task.Embedder;
import dev.lanewise.model.task.TextModel;
import dev.lanewise.model.task.TinyTextModel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A server with an encoder of a few kilobytes. */
class EmbeddingServiceTest {
  private static final String EMBEDDINGS = "/v1/embeddings";

  @TempDir private static Path folder;
  private static Path model;
  private static LocalServer server;

  @BeforeAll
  static void start() {
    model = TinyTextModel.write(folder);
    server = LocalServer.start(Serving.options(2, 2, 1000), _ -> {});
    server.serve("words", TextModel.load(model), 2);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static Wire.Answer post(String body) throws IOException {
    return Wire.post(server.port(), EMBEDDINGS, body);
  }

  private static float[] floats(JsonView embedding) {
    float[] vector = new float[embedding.items().size()];
    for (int i = 0; i < vector.length; i++) {
      vector[i] = (float) embedding.items().get(i).number();
    }
    return vector;
  }

  @Test
  void textsHaveTheVectorsOfTheEmbedder() throws IOException {
    List<String> texts =
        List.of("the cat sat", "a dog", "the cat sat on the mat", "a", "cat", "ran");
    Wire.Answer answer =
        post(
            "{\"model\": \"words\", \"input\": [\"the cat sat\", \"a dog\","
                + " \"the cat sat on the mat\", \"a\", \"cat\", \"ran\"]}");
    assertEquals(200, answer.status(), answer.body());
    JsonView json = answer.json();
    assertEquals("list", json.string("object"));
    assertEquals("words", json.string("model"));
    try (Embedder embedder = Embedder.load(model)) {
      int tokens = texts.stream().mapToInt(embedder::tokens).sum();
      assertEquals(5 + 4 + 8 + 3 * 3, tokens);
      assertEquals(tokens, json.at("usage").integer("prompt_tokens"));
      assertEquals(tokens, json.at("usage").integer("total_tokens"));
      List<JsonView> data = json.at("data").items();
      assertEquals(texts.size(), data.size());
      for (int i = 0; i < texts.size(); i++) {
        assertEquals("embedding", data.get(i).string("object"));
        assertEquals(i, data.get(i).integer("index"));
        assertArrayEquals(embedder.embed(texts.get(i)), floats(data.get(i).at("embedding")));
      }
    }
  }

  @Test
  void aVectorMayComeAsBytes() throws IOException {
    JsonView plain = post("{\"input\": \"a dog\"}").json();
    JsonView encoded =
        post("{\"input\": \"a dog\", \"encoding_format\": \"base64\", \"dimensions\": 8}").json();
    byte[] bytes =
        Base64.getDecoder().decode(encoded.at("data").items().getFirst().string("embedding"));
    float[] vector = new float[bytes.length / 4];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(vector);
    assertArrayEquals(floats(plain.at("data").items().getFirst().at("embedding")), vector);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "{} ~ input is missing",
        "{\"input\": []} ~ has 0 texts",
        "{\"input\": 1} ~ input is 1, expected a text or a list of texts",
        "{\"input\": [1, 2]} ~ input[0] is 1, expected a string",
        "{\"input\": \"a\", \"dimensions\": 4} ~ dimensions must be 8",
        "{\"input\": \"a\", \"encoding_format\": \"int8\"} ~ must be float or base64",
        "{\"input\": \"a\", \"truncate\": true} ~ 'truncate' is not supported",
      })
  void whatIsWrongIsNamed(String body, String part) throws IOException {
    Wire.Answer answer = post(body);
    assertEquals(400, answer.status());
    assertTrue(answer.error().string("message").contains(part), answer.body());
  }

  @Test
  void aTextThatIsTooLongIsRefused() throws IOException {
    Wire.Answer answer = post("{\"input\": [\"a\", \"" + "cat ".repeat(11) + "\"]}");
    assertEquals(400, answer.status());
    assertEquals(13, answer.error().integer("n_prompt_tokens"));
    assertEquals(12, answer.error().integer("n_ctx"));
  }

  @Test
  void whatNobodyWaitsForIsLeft() {
    Job<Embedder, float[][]> job =
        new Job<>((embedder, self) -> EmbeddingService.embed(embedder, List.of("a", "cat"), self));
    try (Embedder embedder = Embedder.load(model)) {
      assertInstanceOf(Job.Done.class, job.run(embedder));
      job.cancel();
      Job.Failed<?> end = assertInstanceOf(Job.Failed.class, job.run(embedder));
      assertEquals(503, assertInstanceOf(ApiException.class, end.cause()).status());
    }
  }

  @ParameterizedTest
  @CsvSource({"/v1/chat/completions", "/v1/completions"})
  void textsAreNotGenerated(String path) throws IOException {
    Wire.Answer answer = Wire.post(server.port(), path, "{\"prompt\": \"a\"}");
    assertEquals(501, answer.status());
    assertEquals("not_supported_error", answer.error().string("type"));
  }

  @Test
  void tokensAreTheEncoders() throws IOException {
    Wire.Answer answer =
        Wire.post(server.port(), "/tokenize", "{\"content\": \"a cat\", \"add_special\": true}");
    assertEquals("{\"tokens\":[1,4,5,2]}", answer.body());
  }
}
