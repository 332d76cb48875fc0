package dev.lanewise.model.cli;

import dev.lanewise.model.generate.LanguageModel;
import dev.lanewise.model.json.Json;
import dev.lanewise.model.tokenizer.TokenSequence;
import dev.lanewise.model.tokenizer.Tokenizer;
import dev.lanewise.model.tokenizer.Tokens;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code lanewise tokenize}: text to ids and back. */
final class TokenizeCommand implements Command {
  private final Arguments arguments =
      new Arguments(
          "tokenize",
          "[-m MODEL] (TEXT… | -f FILE | --decode IDS) [options]",
          "Prints the token ids of each text on a line of its own, without the tokens that begin"
              + " and end a sequence. With --pieces or --offsets every token has a line: id, piece,"
              + " and where it begins and ends in the text, counted in characters (code points),"
              + " separated by tabs.");
  private final ModelOptions model = new ModelOptions().addChoice(arguments);
  private final Option.Text file =
      arguments.add(
          new Option.Text("FILE", "a file with one text; - is standard input", "-f", "--file"));
  private final Option.Text decode =
      arguments.add(
          new Option.Text(
              "IDS", "print the text of ids separated by commas or spaces", "--decode"));
  private final Option.Flag special =
      arguments.add(new Option.Flag("parse special tokens that stand in the text", "--special"));
  private final Option.Flag sequence =
      arguments.add(new Option.Flag("add the tokens that begin and end a sequence", "--sequence"));
  private final Option.Flag ids =
      arguments.add(new Option.Flag("print ids, which is the default", "--ids"));
  private final Option.Flag pieces =
      arguments.add(new Option.Flag("print pieces as the vocabulary spells them", "--pieces"));
  private final Option.Flag offsets =
      arguments.add(new Option.Flag("print start and end of every token in the text", "--offsets"));
  private final Option.Flag json =
      arguments.add(new Option.Flag("print one JSON object per text", "--json"));

  TokenizeCommand() {
    arguments.allowPositionals(Integer.MAX_VALUE);
  }

  @Override
  public Arguments arguments() {
    return arguments;
  }

  @Override
  public int run(Stdio io) {
    boolean words = !arguments.positionals().isEmpty(); // after --decode, more ids
    if (file.given() == (words || decode.given())) {
      throw new UsageException("give one of TEXT, -f FILE and --decode IDS");
    }
    if (ids.given() && (pieces.given() || offsets.given()) && !json.given()) {
      throw new UsageException("--ids prints ids alone; --pieces and --offsets show them as well");
    }
    if (decode.given() && (pieces.given() || offsets.given())) {
      throw new UsageException("--decode prints a text; --pieces and --offsets are for ids of one");
    }
    Tokenizer tokenizer = LanguageModel.loadTokenizer(model.path(io));
    if (decode.given()) {
      String all = decode.value() + " " + String.join(" ", arguments.positionals());
      int[] tokens = TokenIds.parse("--decode", all.strip(), tokenizer.vocabSize());
      String text = tokenizer.decode(tokens);
      io.emit((json.given() ? Json.write(decoded(tokens, text)) : text) + "\n");
      return Main.OK;
    }
    List<String> texts = file.given() ? List.of(io.read(file.value())) : arguments.positionals();
    for (String text : texts) {
      print(text, tokenizer, io);
    }
    return Main.OK;
  }

  private void print(String text, Tokenizer tokenizer, Stdio io) {
    int[] tokens;
    int[] ends = null;
    if (offsets.given()) {
      Tokens found = tokenizer.tokens(text, special.given());
      int[] starts = found.starts();
      int[] stops = found.ends();
      tokens = found.ids();
      if (sequence.given()) {
        TokenSequence whole = tokenizer.sequence(found);
        tokens = whole.ids();
        starts = whole.starts();
        stops = whole.ends();
      }
      ends = TokenIds.codePoints(text, starts, stops);
    } else {
      tokens = tokenizer.encode(text, special.given());
      tokens = sequence.given() ? tokenizer.withSequenceTokens(tokens) : tokens;
    }
    StringBuilder out = new StringBuilder();
    if (json.given()) {
      out.append(Json.write(toMap(tokens, ends, tokenizer))).append('\n');
    } else if (pieces.given() || offsets.given()) {
      for (int i = 0; i < tokens.length; i++) {
        out.append(tokens[i]);
        if (pieces.given()) {
          out.append('\t').append(tokenizer.piece(tokens[i]));
        }
        if (ends != null) {
          out.append('\t').append(ends[2 * i]).append('\t').append(ends[2 * i + 1]);
        }
        out.append('\n');
      }
    } else {
      for (int i = 0; i < tokens.length; i++) {
        out.append(i == 0 ? "" : " ").append(tokens[i]);
      }
      out.append('\n');
    }
    io.emit(out.toString());
  }

  private static Map<String, Object> decoded(int[] ids, String text) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("ids", ids);
    map.put("text", text);
    return map;
  }

  private Map<String, Object> toMap(int[] tokens, int[] ends, Tokenizer tokenizer) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("ids", tokens);
    if (pieces.given()) {
      List<String> spelt = new ArrayList<>();
      for (int id : tokens) {
        spelt.add(tokenizer.piece(id));
      }
      map.put("pieces", spelt);
    }
    if (ends != null) {
      List<int[]> pairs = new ArrayList<>();
      for (int i = 0; i < tokens.length; i++) {
        pairs.add(new int[] {ends[2 * i], ends[2 * i + 1]});
      }
      map.put("offsets", pairs);
    }
    return map;
  }
}
