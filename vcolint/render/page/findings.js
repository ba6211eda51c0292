// The filters of the findings, which Python has written.

/** The filter of one section of findings. */
function filterFindings(section) {
  const articles = [...section.querySelectorAll("article")];
  if (!articles.length) return;
  let most = ROWS / 2;
  const values = (name) => [...new Set(articles.map((one) => one.dataset[name]))].sort();
  const choice = (name, title) => {
    const select = make(
      "select",
      {},
      make("option", { value: "" }, say("all")),
      ...values(name).map((value) => make("option", { value }, value)),
    );
    select.addEventListener("change", again);
    return [select, make("label", {}, title, select)];
  };
  const severities = Object.entries({ error: say("error"), warning: say("warning"), note: say("note") })
    .filter(([one]) => articles.some((article) => article.dataset.severity === one))
    .map(([value, title]) => {
      const box = make("input", { type: "checkbox", value, checked: "" });
      box.addEventListener("change", again);
      return [box, make("label", { class: value }, box, title)];
    });
  const [rule, ruleLabel] = choice("rule", say("Rule"));
  const [file, fileLabel] = choice("file", say("File"));
  const words = make("input", { type: "search" });
  words.addEventListener("input", again);
  const shown = make("p", { role: "status" });
  const more = button(
    "",
    () => {
      most += ROWS;
      apply();
    },
    { class: "more" },
  );
  const texts = articles.map((article) => article.textContent.toLowerCase());

  function again() {
    most = ROWS / 2;
    apply();
  }

  function apply(all = false) {
    const wanted = new Set(severities.filter(([box]) => box.checked).map(([box]) => box.value));
    const text = words.value.trim().toLowerCase();
    let found = 0;
    articles.forEach((article, number) => {
      const { severity, rule: code, file: name } = article.dataset;
      const fits =
        wanted.has(severity) &&
        (!rule.value || rule.value === code) &&
        (!file.value || file.value === name) &&
        texts[number].includes(text);
      if (fits) found += 1;
      article.hidden = !fits || (found > most && !all);
    });
    tell(shown, say("{shown} of {all} shown", { shown: found, all: articles.length }));
    more.hidden = found <= most || all;
    more.textContent = say("Show {n} more", { n: Math.min(ROWS, found - most) });
  }

  const form = make(
    "div",
    { class: "filter", role: "search", "aria-label": say("Filter") },
    make("fieldset", {}, make("legend", {}, say("Severity")), ...severities.map(([, label]) => label)),
    ruleLabel,
    fileLabel,
    make("label", {}, say("Text"), words),
    shown,
  );
  articles[0].before(form);
  section.append(more);
  apply();
  window.addEventListener("beforeprint", () => apply(true));
  window.addEventListener("afterprint", () => apply());
}
