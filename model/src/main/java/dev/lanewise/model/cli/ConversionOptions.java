package dev.lanewise.model.cli;

import dev.lanewise.model.generate.BeamOptions;
import dev.lanewise.model.generate.Generation;
import dev.lanewise.model.generate.GenerationOptions;
import dev.lanewise.model.generate.SamplerOptions;
import dev.lanewise.model.json.Json;
import dev.lanewise.model.task.ConditionalModel;
import dev.lanewise.model.task.Instruction;
import dev.lanewise.model.task.TextToText;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * What the commands share that make one text of another: how the model is asked, and the output.
 */
final class ConversionOptions {
  private final TextOptions texts;
  private final ModelOptions model;
  private final Option.Whole beams;
  private final Option.Decimal lengthPenalty;
  private final Option.Whole count;
  private final Option.Decimal temperature;
  private final Option.Whole seed;
  private final Option.Text prefix;

  /** Declares the options, and that other arguments are texts. */
  ConversionOptions(Arguments arguments) {
    model = ModelOptions.required();
    texts = new TextOptions(arguments, model);
    beams =
        arguments.add(
            new Option.Whole(
                "B",
                1,
                1,
                1024,
                "beams of the search; 1 takes the likeliest token again and again"
                    + " (default: as the model's makers say)",
                "--beams"));
    lengthPenalty =
        arguments.add(
            new Option.Decimal(
                "X",
                1,
                -100,
                100,
                "with several beams: above 0 favours long texts, below 0 short ones (default: as"
                    + " the model's makers say)",
                "--length-penalty"));
    count =
        arguments.add(
            new Option.Whole(
                "N",
                0,
                1,
                Integer.MAX_VALUE - 8,
                "most tokens of a result (default: as the model's makers say, or else 256)",
                "-n",
                "--tokens"));
    temperature =
        arguments.add(
            new Option.Decimal(
                "X",
                0,
                0,
                1e6f,
                "choose tokens at random, the more the higher; 0 never does (default 0)",
                "--temp",
                "--temperature"));
    seed = arguments.add(Option.Whole.seed(" that --temp asks for"));
    prefix =
        arguments.add(
            new Option.Text(
                "P",
                "what to put before each text instead of the model's own words; special tokens in"
                    + " it count, such as T5's <extra_id_0>, but not in the texts",
                "--prefix"));
  }

  /** Where the texts come from. */
  TextOptions texts() {
    return texts;
  }

  /** The model. */
  ConditionalModel load(Stdio io) {
    return ConditionalModel.load(model.path(io));
  }

  /**
   * Makes texts of texts and prints them.
   *
   * @param verb what is done, such as {@code "translating"}
   * @param result what JSON calls a text made, such as {@code "translation"}
   */
  void run(Stdio io, TextToText converter, List<String> sources, String verb, String result) {
    BatchProgressLine progress = new BatchProgressLine(io, verb, sources.size());
    GenerationOptions options = options(io, converter);
    converter.convert(
        sources,
        options,
        progress,
        (i, made) -> {
          progress.clear();
          io.emit(
              texts.json()
                  ? object(sources.get(i), result, made, options)
                  : made.text().replaceAll("\\R", " ") + "\n");
        });
    progress.done();
  }

  /** Whether the words before each text were given, be they none. */
  boolean wordsGiven() {
    return prefix.given();
  }

  /** The instruction with the words that were asked for. */
  Instruction worded(Instruction instruction) {
    return prefix.given() ? instruction.withPrefix(prefix.value()) : instruction;
  }

  private GenerationOptions options(Stdio io, TextToText converter) {
    GenerationOptions.Builder options = converter.options();
    BeamOptions asked = options.build().beams();
    options.beams(
        new BeamOptions(
            beams.given() ? beams.intValue() : asked.beams(),
            lengthPenalty.given() ? lengthPenalty.value() : asked.lengthPenalty(),
            asked.stopping()));
    if (count.given()) {
      options.maxTokens(count.intValue());
    }
    if (temperature.value() > 0) {
      if (lengthPenalty.given() || (beams.given() && beams.value() > 1)) {
        throw new UsageException(
            "--temp chooses at random; --beams and --length-penalty are for a search: give one of"
                + " them");
      }
      SamplerOptions standard = SamplerOptions.standard();
      options
          .beams(BeamOptions.NONE)
          .seed(seed(io))
          .sampler(
              SamplerOptions.builder()
                  .temperature(temperature.value())
                  .topK(standard.topK())
                  .topP(standard.topP())
                  .minP(standard.minP())
                  .build());
    }
    return options.build();
  }

  private long seed(Stdio io) {
    if (seed.given()) {
      return seed.value();
    }
    long random = new SplittableRandom().nextLong(1L << 32);
    io.note("seed " + random);
    return random;
  }

  private static String object(
      String source, String result, Generation made, GenerationOptions options) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("text", source);
    map.put(result, made.text());
    map.put("finish_reason", made.finishReason().label());
    map.put("source_tokens", made.promptTokens());
    map.put("generated_tokens", made.generatedTokens());
    if (options.seed().isPresent()) {
      map.put("seed", options.seed().getAsLong());
    }
    return Json.write(map) + "\n";
  }
}
