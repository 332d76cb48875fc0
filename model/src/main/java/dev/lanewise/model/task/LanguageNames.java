package dev.lanewise.model.task;

import java.util.Locale;
import java.util.Optional;

/** Languages by their codes (ISO 639) and English names. */
final class LanguageNames {
  private LanguageNames() {}

  /**
   * The English name of a language.
   *
   * @param language its name, its code of two or three letters, or one that a region or a script
   *     follows, as in {@code de_DE} and {@code deu_Latn}; in any case
   * @return nothing if it is unknown
   */
  static Optional<String> english(String language) {
    String code = language.split("[_-]", 2)[0];
    for (String iso : Locale.getISOLanguages()) {
      Locale locale = Locale.of(iso);
      String name = locale.getDisplayLanguage(Locale.ENGLISH);
      if (iso.equalsIgnoreCase(code)
          || locale.getISO3Language().equalsIgnoreCase(code)
          || name.equalsIgnoreCase(language)) {
        return Optional.of(name);
      }
    }
    return Optional.empty();
  }

  /** Whether two ways of saying a language mean the same. */
  static boolean same(String first, String second) {
    if (first.equalsIgnoreCase(second)) {
      return true;
    }
    Optional<String> name = english(first);
    return name.isPresent() && name.equals(english(second));
  }
}
