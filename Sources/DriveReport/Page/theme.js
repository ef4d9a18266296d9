/** Colours from the style sheet, in the light or the dark that is chosen. */
class Theme {
  static KEY = "tulpar-report-theme";

  constructor() {
    this.listeners = [];
    this.system = matchMedia("(prefers-color-scheme: dark)");
    this.system.addEventListener("change", () => this.apply());
    this.choice = Theme.remembered();
    this.apply();
  }

  /** A page that was opened as a file may have no storage. */
  static remembered() {
    try { return localStorage.getItem(Theme.KEY) || "system"; } catch { return "system"; }
  }

  get isDark() {
    return this.choice === "dark" || (this.choice === "system" && this.system.matches);
  }

  choose(choice) {
    this.choice = choice;
    try { localStorage.setItem(Theme.KEY, choice); } catch { /* It is only not remembered. */ }
    this.apply();
  }

  apply() {
    document.documentElement.dataset.theme = this.isDark ? "dark" : "light";
    const style = getComputedStyle(document.documentElement);
    this.colours = {};
    for (const name of Theme.NAMES) this.colours[name] = style.getPropertyValue(`--${name}`).trim();
    this.listeners.forEach((listener) => listener());
  }

  static NAMES = ["ink", "faint", "muted", "grid", "axis", "panel", "sunken", "blue", "orange",
    "green", "red", "violet", "grey", "cursor", "select", "route", "zone0", "zone1", "zone2",
    "state-none", "state-good", "state-notice", "state-warning", "state-alarm", "state-text"];

  colour(name) { return this.colours[name]; }

  button() {
    const button = element("button", {
      type: "button", id: "theme", title: "Light or dark",
      click: () => { this.choose(this.isDark ? "light" : "dark"); show(); },
    });
    const show = () => {
      button.textContent = this.isDark ? "☀" : "☾";
      button.setAttribute("aria-label", this.isDark ? "light colours" : "dark colours");
    };
    this.listeners.push(show);
    show();
    return button;
  }
}
