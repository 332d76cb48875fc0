package dev.lanewise.bench.report;

import dev.lanewise.bench.Work;
import dev.lanewise.kernels.Roofline;
import dev.lanewise.model.json.Json;
import dev.lanewise.model.json.JsonView;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A report as JSON. Speeds are written for those who read it; only times and work are read back.
 */
public final class ReportJson {
  private ReportJson() {}

  /** The report as text, one result to a line. */
  public static String write(Report report) {
    Map<String, Object> head = new LinkedHashMap<>();
    head.put("suite", report.suite());
    head.put("profile", report.profile());
    head.put("date", report.date());
    head.put("machine", machine(report.machine()));
    head.put("rooflines", report.rooflines().stream().map(ReportJson::roofline).toList());
    head.put("failures", report.failures());
    String text = Json.write(head);
    StringBuilder lines = new StringBuilder(text.substring(0, text.length() - 1));
    lines.append(",\n\"results\":[");
    String before = "\n";
    for (Result result : report.results()) {
      lines.append(before).append(Json.write(result(result, report)));
      before = ",\n";
    }
    return lines.append("\n]}\n").toString();
  }

  private static Map<String, Object> machine(Machine machine) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("cpu", machine.cpu());
    map.put("cores", machine.cores());
    map.put("system", machine.system());
    map.put("java", machine.java());
    map.put("vm", machine.vm());
    map.put("flags", machine.flags());
    map.put("commit", machine.commit());
    return map;
  }

  private static Map<String, Object> roofline(Roofline roofline) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("threads", roofline.threads());
    map.put("simd", roofline.simd());
    map.put("gflops", roofline.gflops());
    map.put("gbytes_per_second", roofline.gbytesPerSecond());
    return map;
  }

  private static Map<String, Object> result(Result result, Report report) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("benchmark", result.benchmark());
    map.put("parameters", result.parameters());
    map.put("nanoseconds", result.nanoseconds());
    map.put("error", result.error());
    map.put("flops", result.work().flops());
    map.put("bytes", result.work().bytes());
    map.put("tokens", result.work().tokens());
    map.put("gflops", result.gflops());
    map.put("gbytes_per_second", result.gbytesPerSecond());
    map.put("percent_of_roofline", report.percentOfRoofline(result));
    return map;
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @param source where it came from, for messages
   * @throws dev.lanewise.model.LanewiseException if it is no such report
   */
  public static Report read(String source, byte[] utf8) {
    JsonView view = Json.view(source, utf8);
    JsonView machine = view.at("machine");
    List<Roofline> rooflines = new ArrayList<>();
    for (JsonView roofline : view.at("rooflines").items()) {
      rooflines.add(
          new Roofline(
              roofline.integer("threads"),
              roofline.flag("simd", true),
              roofline.number("gflops"),
              roofline.number("gbytes_per_second")));
    }
    return new Report(
        view.string("suite"),
        view.string("profile"),
        view.string("date"),
        new Machine(
            machine.string("cpu"),
            machine.integer("cores"),
            machine.string("system"),
            machine.string("java"),
            machine.string("vm"),
            strings(machine.at("flags")),
            machine.string("commit")),
        rooflines,
        view.at("results").items().stream().map(ReportJson::result).toList(),
        strings(view.at("failures")));
  }

  private static Result result(JsonView view) {
    Map<String, String> parameters = new LinkedHashMap<>();
    JsonView named = view.at("parameters");
    for (String key : named.keys()) {
      parameters.put(key, named.string(key));
    }
    double nanoseconds = view.number("nanoseconds");
    if (!(nanoseconds > 0)) {
      throw view.at("nanoseconds").failure("is " + nanoseconds + ", expected a time above 0");
    }
    double error = view.number("error");
    if (error < 0) {
      throw view.at("error").failure("is " + error + ", expected 0 or more");
    }
    return new Result(
        view.string("benchmark"),
        parameters,
        nanoseconds,
        error,
        new Work(view.number("flops"), view.number("bytes"), view.integer("tokens")));
  }

  private static List<String> strings(JsonView view) {
    return view.items().stream().map(JsonView::string).toList();
  }
}
