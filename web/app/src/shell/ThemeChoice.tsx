/** Light, dark, or as the system has it. */
import { Icon, type IconName } from "../parts/Icon.tsx";
import { prefer, usePreferences, type Preferences } from "./preferences.ts";

const THEMES: [Preferences["theme"], string, IconName][] = [
  ["light", "Light", "sun"],
  ["dark", "Dark", "moon"],
  ["auto", "As the system has it", "monitor"],
];

export function ThemeChoice() {
  const { theme } = usePreferences();
  return (
    <fieldset className="theme">
      <legend className="hidden-text">Theme</legend>
      {THEMES.map(([value, label, icon]) => (
        <label key={value} className="theme-option" title={label}>
          <input
            type="radio"
            name="theme"
            value={value}
            checked={theme === value}
            onChange={() => prefer("theme", value)}
          />
          <Icon name={icon} />
          <span className="hidden-text">{label}</span>
        </label>
      ))}
    </fieldset>
  );
}
