package dev.lanewise.model.json;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.LanewiseException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Values are read by type; complaints name source and path. */
class JsonViewTest {
  private final JsonView view =
      Json.view(
          "config.json",
          """
          {"dim":64,"eps":1e-5,"big":3000000000,"tied":true,"name":"x","none":null,
           "layers":[{"size":1},{"size":"two"}]}
          """
              .getBytes(StandardCharsets.UTF_8));

  private static void refuses(Executable read, String message) {
    assertEquals(message, assertThrows(LanewiseException.class, read).getMessage());
  }

  @Test
  void readsByType() {
    assertEquals(64, view.integer("dim"));
    assertEquals(1e-5, view.number("eps"));
    assertEquals(64.0, view.number("dim"));
    assertEquals(3e9, view.number("big", 1));
    assertTrue(view.flag("tied", false));
    assertEquals("x", view.string("name"));
    assertEquals(1, view.at("layers").items().get(0).integer("size"));
    assertEquals(
        List.of("dim", "eps", "big", "tied", "name", "none", "layers"), List.copyOf(view.keys()));
  }

  @Test
  void fallsBackWhereMissingOrNull() {
    assertEquals(5, view.integer("none", 5));
    assertEquals(5, view.integer("absent", 5));
    assertEquals("d", view.string("absent", "d"));
    assertEquals(0.5, view.number("none", 0.5));
    assertTrue(view.flag("none", true));
    assertFalse(view.has("none"));
    assertFalse(view.at("name").has("x"));
  }

  @Test
  void namesSourceAndPath() {
    refuses(() -> view.integer("absent"), "config.json: absent is missing");
    refuses(
        () -> view.integer("name"),
        "config.json: name is a string, expected a whole number of 32 bits");
    refuses(
        () -> view.integer("big", 1),
        "config.json: big is 3000000000, expected a whole number of 32 bits");
    refuses(
        () -> view.at("layers").items().get(1).integer("size"),
        "config.json: layers[1].size is a string, expected a whole number of 32 bits");
    refuses(() -> view.string("dim"), "config.json: dim is 64, expected a string");
    refuses(() -> view.number("none"), "config.json: none is null, expected a number");
    refuses(() -> view.flag("dim", true), "config.json: dim is 64, expected true or false");
    refuses(() -> view.items(), "config.json: the text is an object, expected an array");
    refuses(() -> view.at("layers").keys(), "config.json: layers is an array, expected an object");
    refuses(() -> view.at("name").at("y"), "config.json: name is a string, expected an object");
  }
}
