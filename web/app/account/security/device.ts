import { security as texts } from 'texts:account';

/** The order decides: Edge and Opera also call themselves Chrome, and Chrome calls itself Safari. */
const browsers: [RegExp, string][] = [
  [/\bEdg(A|iOS)?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bFirefox\/|\bFxiOS\//, 'Firefox'],
  [/\bChrome\/|\bCriOS\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
  [/^curl\//, 'curl'],
];

const systems: [RegExp, string][] = [
  [/\bAndroid\b/, 'Android'],
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b/, 'macOS'],
  [/\bLinux\b/, 'Linux'],
];

/** A device by what its browser said of itself, such as `Firefox on Linux`. It is a claim that nobody has checked. */
export function describeDevice(userAgent: string | null): { name: string; isPhone: boolean } {
  const find = (names: [RegExp, string][]) => names.find(([pattern]) => pattern.test(userAgent ?? ''))?.[1];
  const browser = find(browsers);
  const system = find(systems);
  return { name: nameOf(browser, system), isPhone: /\bMobile\b|\bAndroid\b|\biPhone\b/.test(userAgent ?? '') };
}

function nameOf(browser: string | undefined, system: string | undefined): string {
  if (!system) return browser ?? texts.aProgram;
  return browser ? texts.browserOn({ browser, system }) : texts.someBrowserOn({ system });
}
