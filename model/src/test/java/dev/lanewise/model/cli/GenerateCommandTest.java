package dev.lanewise.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lanewise.model.checkpoint.TinyLlama;
import dev.lanewise.model.json.JsonView;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code generate} and {@code chat} on models of a few hundred kilobytes. */
class GenerateCommandTest {
  private static final String TEMPLATE =
      "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content']"
          + " + '<|im_end|>' + '\\n'}}{% endfor %}{% if add_generation_prompt %}"
          + "{{ '<|im_start|>assistant\\n' }}{% endif %}";

  @TempDir private static Path folder;
  private static String base;
  private static String instruct;

  @BeforeAll
  static void writeModels() {
    base = TinyLlama.write(folder.resolve("base.gguf"), 1).toString();
    instruct =
        TinyLlama.writer(TinyLlama.Shape.NORMAL, TinyLlama.Vocabulary.GPT2, 2)
            .string("tokenizer.chat_template", TEMPLATE)
            .write(folder.resolve("instruct.gguf"))
            .toString();
  }

  @Test
  void generatePrintsTextAndStatistics() {
    String[] args = {"generate", "-m", base, "-p", "hello", "--raw", "--temp", "0", "-n", "5"};
    Outcome outcome = Outcome.done(args);
    for (String part : List.of("length", "seed", "load", "prefill", "decode", "tokens/s", "peak")) {
      assertTrue(outcome.err().contains(part), outcome.err());
    }
    List<String> withJson = new ArrayList<>(List.of(args));
    withJson.add("--json");
    JsonView json = Outcome.done(withJson.toArray(new String[0])).object();
    assertEquals(
        List.of(
            "text",
            "ids",
            "finish_reason",
            "prompt_tokens",
            "generated_tokens",
            "load_seconds",
            "prefill_seconds",
            "decode_seconds",
            "prefill_tokens_per_second",
            "decode_tokens_per_second",
            "peak_memory_bytes",
            "seed"),
        List.copyOf(json.keys()));
    assertEquals(json.string("text") + "\n", outcome.out());
    assertEquals("length", json.string("finish_reason"));
    assertEquals(5, json.integer("generated_tokens"));
    assertEquals(5, json.at("ids").items().size());
    assertTrue(json.number("prefill_tokens_per_second") > 0);
    assertTrue(json.number("peak_memory_bytes") > 1e6);
  }

  @Test
  void theSameSeedGivesTheSameTokens() {
    String[] args = {
      "generate", "-m", base, "-p", "the", "-n", "20", "--seed", "7", "--json", "--ignore-eos"
    };
    JsonView first = Outcome.done(args).object();
    assertEquals(7, first.integer("seed"));
    assertEquals(first.at("ids").value(), Outcome.done(args).object().at("ids").value());
    args[8] = "8";
    assertNotEquals(first.at("ids").value(), Outcome.done(args).object().at("ids").value());
  }

  @Test
  void anyNumberOfThreadsGivesTheSameTokens() {
    List<Object> ids = new ArrayList<>();
    for (String threads : List.of("1", "2", "3")) {
      ids.add(
          Outcome.done(
                  "generate",
                  "-m",
                  base,
                  "-p",
                  "and",
                  "-n",
                  "12",
                  "--temp",
                  "0",
                  "--json",
                  "-t",
                  threads,
                  "--ignore-eos")
              .object()
              .at("ids")
              .value());
    }
    assertEquals(ids.get(0), ids.get(1));
    assertEquals(ids.get(0), ids.get(2));
  }

  @Test
  void generateEndsWithTheContext() {
    JsonView json =
        Outcome.done(
                "generate", "-m", base, "-p", "a", "--raw", "-c", "16", "--json", "--ignore-eos")
            .object();
    assertEquals("context", json.string("finish_reason"));
    assertEquals(17, json.integer("prompt_tokens") + json.integer("generated_tokens"));
  }

  @Test
  void withoutATemplateTheTextIsContinuedAndThatIsSaid() {
    Outcome plain = Outcome.done("generate", "-m", base, "-p", "a", "-n", "3", "--temp", "0");
    Outcome raw =
        Outcome.done("generate", "-m", base, "-p", "a", "-n", "3", "--temp", "0", "--raw");
    assertTrue(plain.err().contains("no chat template"), plain.err());
    assertFalse(raw.err().contains("no chat template"), raw.err());
    assertEquals(raw.out(), plain.out());
  }

  @Test
  void aSystemMessageIsPutBeforeThePrompt() {
    String[] args = {"generate", "-m", instruct, "-p", "hello", "-n", "1", "--json"};
    int without = Outcome.done(args).object().integer("prompt_tokens");
    String[] more = {
      "generate", "-m", instruct, "-p", "hello", "-n", "1", "--json", "--system", "be kind"
    };
    assertTrue(Outcome.done(more).object().integer("prompt_tokens") > without);
    assertEquals(2, Outcome.of("generate", "-m", base, "-p", "a", "--system", "s").code());
  }

  @Test
  void thinkingIsSwitchedOffByTheTemplate() {
    String template =
        TEMPLATE
            + "{% if enable_thinking is defined and enable_thinking is false %}"
            + "{{ '<think></think>' }}{% endif %}";
    String thinking =
        TinyLlama.writer(TinyLlama.Shape.NORMAL, TinyLlama.Vocabulary.GPT2, 2)
            .string("tokenizer.chat_template", template)
            .write(folder.resolve("thinking.gguf"))
            .toString();
    String generate = "generate -p hello -n 1 --json -m ";
    int with = Outcome.done((generate + thinking).split(" ")).object().integer("prompt_tokens");
    int without =
        Outcome.done((generate + thinking + " --no-thinking").split(" "))
            .object()
            .integer("prompt_tokens");
    assertTrue(without > with, without + " and " + with);
    String chat = "chat -n 1 --no-thinking -m ";
    assertEquals(0, Outcome.with("hello\n", (chat + thinking).split(" ")).code());
    assertEquals(1, Outcome.with("hello\n", (chat + instruct).split(" ")).code(), "no switch");
    assertEquals(1, Outcome.of((generate + instruct + " --no-thinking").split(" ")).code());
    assertEquals(2, Outcome.of((generate + base + " --no-thinking").split(" ")).code());
    assertEquals(2, Outcome.of((generate + thinking + " --raw --no-thinking").split(" ")).code());
  }

  @Test
  void aTemplateIsUsedUnlessRaw() {
    String[] args = {"generate", "-m", instruct, "-p", "hello", "-n", "1", "--json"};
    int withTemplate = Outcome.done(args).object().integer("prompt_tokens");
    List<String> raw = new ArrayList<>(List.of(args));
    raw.add("--raw");
    int without = Outcome.done(raw.toArray(new String[0])).object().integer("prompt_tokens");
    assertTrue(withTemplate > without + 10, withTemplate + " and " + without);
    assertEquals(1, without, "'hello' is a token of its own here, and this model has no BOS");
  }

  @Test
  void theTokenThatBeginsASequenceIsInFrontOfAConversationToo() {
    List<Integer> tokens = new ArrayList<>();
    for (boolean begins : List.of(true, false)) {
      String model =
          TinyLlama.writer(TinyLlama.Shape.NORMAL, TinyLlama.Vocabulary.SPM, 2)
              .remove("tokenizer.ggml.add_bos_token")
              .bool("tokenizer.ggml.add_bos_token", begins)
              .string("tokenizer.chat_template", TEMPLATE)
              .write(folder.resolve("begins-" + begins + ".gguf"))
              .toString();
      String[] args = {"generate", "-m", model, "-p", "hello", "-n", "1", "--json"};
      tokens.add(Outcome.done(args).object().integer("prompt_tokens"));
    }
    assertEquals(tokens.get(1) + 1, tokens.get(0));
  }

  @Test
  void thePromptMayComeFromAFileOrStandardInput() throws Exception {
    Path file = Files.writeString(folder.resolve("prompt.txt"), "the world");
    String[] args = {"generate", "-m", base, "-p", "the world", "-n", "4", "--temp", "0", "--raw"};
    String expected = Outcome.done(args).out();
    args[3] = "-f";
    args[4] = file.toString();
    assertEquals(expected, Outcome.done(args).out());
    args[4] = "-";
    assertEquals(expected, Outcome.with("the world", args).out());
    for (String nothing : List.of("", "\n")) {
      Outcome empty = Outcome.with(nothing, args);
      assertEquals(1, empty.code());
      assertTrue(empty.err().contains("standard input: there is no prompt in it"), empty.err());
      assertEquals("", empty.out());
    }
    args[3] = "-p";
    args[4] = "";
    Outcome.done(args);
  }

  @Test
  void chatRepliesToEveryLine() {
    Outcome outcome =
        Outcome.with(
            "hello\n\n/clear\nthe world\n/exit\nnot read",
            "chat",
            "-m",
            instruct,
            "-n",
            "3",
            "--temp",
            "0",
            "--ignore-eos");
    assertEquals(0, outcome.code(), outcome.err());
    assertEquals(2, outcome.err().lines().filter(l -> l.startsWith("[prefill")).count());
    assertEquals(
        2, outcome.err().lines().filter(l -> l.matches(".*; length; seed \\d+\\]")).count());
    assertEquals(
        0, Outcome.with("", "chat", "-m", instruct).code(), "the end of the input is an exit");
    byte[] latin = "caf\u00E9\n".getBytes(StandardCharsets.ISO_8859_1);
    Outcome refused = Outcome.with(latin, "chat", "-m", instruct);
    assertEquals(1, refused.code());
    assertTrue(refused.err().contains("is not UTF-8 at byte 3"), refused.err());
    assertEquals("", refused.out());
  }

  @Test
  void chatForgetsItsOldestTurnsBeforeTheContextIsFull() {
    Outcome outcome =
        Outcome.with(
            "hello\nthe world\nand the world\n",
            "chat",
            "-m",
            instruct,
            "-n",
            "4",
            "-c",
            "127",
            "--ignore-eos",
            "--system",
            "hello");
    assertEquals(0, outcome.code(), outcome.err());
    assertTrue(outcome.err().contains("oldest turns are forgotten"), outcome.err());
  }

  @Test
  void aMessageThatIsTooLongIsLeftOut() {
    String chat = "chat -m " + instruct + " -n 4 -c 128 --temp 0 --ignore-eos";
    String tooLong = "the world ".repeat(60);
    Outcome wanted = Outcome.with("hello\nthe world\n", chat.split(" "));
    Outcome outcome = Outcome.with("hello\n" + tooLong + "\nthe world\n", chat.split(" "));
    assertEquals(wanted.out(), outcome.out(), "the conversation goes on as it was");
    assertEquals(1, outcome.code(), outcome.err());
    assertTrue(outcome.err().contains("and the context holds 128; it is left out"), outcome.err());
    assertFalse(outcome.err().contains("forgotten"), outcome.err());
  }

  @Test
  void chatLeavesRoomForAReply() {
    boolean forgotten = false;
    for (int context = 100; context < 128; context++) {
      Outcome outcome =
          Outcome.with(
              "hello\nthe world\nand the world\n",
              "chat",
              "-m",
              instruct,
              "-n",
              "8",
              "-c",
              Integer.toString(context),
              "--ignore-eos");
      assertEquals(0, outcome.code(), outcome.err());
      assertEquals(
          3, outcome.err().lines().filter(l -> l.contains("; length;")).count(), outcome.err());
      forgotten |= outcome.err().contains("oldest turns are forgotten");
    }
    assertTrue(forgotten);
  }
}
