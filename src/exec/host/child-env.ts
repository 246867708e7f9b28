/**
 * The variables of a command: what an operating system needs to start a process, folders of its own, and, for actions with network, settings of
 * the machine's network by the allow-list below. Everything else of the surrounding environment stays outside.
 */
import * as path from "node:path";

export type HostEnv = Readonly<Record<string, string | undefined>>;

/** What Windows programs need to start and to find the system. */
const WINDOWS_NEEDS = [
  "SYSTEMROOT",
  "SYSTEMDRIVE",
  "WINDIR",
  "COMSPEC",
  "PATHEXT",
  "OS",
  "NUMBER_OF_PROCESSORS",
  "PROCESSOR_ARCHITECTURE",
  "PROGRAMDATA",
  "PROGRAMFILES",
];

/** Certificates of private authorities, as files or folders. */
const CERTIFICATES = [
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "REQUESTS_CA_BUNDLE",
  "CURL_CA_BUNDLE",
  "PIP_CERT",
  "PIP_CLIENT_CERT",
  "NODE_EXTRA_CA_CERTS",
  "SSL_CLIENT_CERT",
];

const NETWORK_SETTINGS = new Set([
  ...CERTIFICATES,
  ...["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"],
  ...["PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX", "PIP_TRUSTED_HOST", "PIP_PROXY"],
  ...["PIP_DEFAULT_TIMEOUT", "PIP_RETRIES", "PIP_CONFIG_FILE", "PIP_KEYRING_PROVIDER"],
  ...["UV_INDEX", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_INDEX_STRATEGY"],
  ...["UV_INSECURE_HOST", "UV_NATIVE_TLS", "UV_SYSTEM_CERTS", "UV_HTTP_TIMEOUT", "UV_KEYRING_PROVIDER", "UV_OFFLINE"],
  ...["UV_PYTHON_INSTALL_MIRROR", "UV_CONFIG_FILE", "NETRC"],
  ...["GOPROXY", "GONOSUMDB", "GOSUMDB", "GOPRIVATE", "NPM_CONFIG_REGISTRY", "NPM_CONFIG_CAFILE"],
]);

/** Credentials of a named uv index: `UV_INDEX_<NAME>_USERNAME`, `UV_INDEX_<NAME>_PASSWORD`. */
const INDEX_CREDENTIALS = /^UV_INDEX_[A-Z0-9_]+_(USERNAME|PASSWORD)$/;

/** The value of a variable; `name` is upper-case, and without a variable of exactly that name another case will do, as on Windows. */
export function hostVariable(env: HostEnv, name: string): string | undefined {
  const found = name in env ? name : Object.keys(env).find((n) => n.toUpperCase() === name);
  return found === undefined ? undefined : env[found];
}

/** A user without an account, as in a container, has no name by itself, and programs that ask for one would fail. The same on every machine. */
export const COMMAND_USER = "voicekey";

/** What is needed to start any program of this machine; the search path is the system's own, without the user's additions. */
export function systemVariables(windows: boolean, env: HostEnv, first: readonly string[] = []): Record<string, string> {
  if (!windows) {
    const path = [...first, "/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin"].join(":");
    return { PATH: path, LANG: "C.UTF-8", USER: COMMAND_USER };
  }
  const root = hostVariable(env, "SYSTEMROOT") ?? "C:\\Windows";
  const kept = WINDOWS_NEEDS.flatMap((name) => {
    const value = hostVariable(env, name);
    return value === undefined ? [] : [[name, value] as const];
  });
  const path = [...first, `${root}\\System32`, root, `${root}\\System32\\Wbem`].join(";");
  return { ...Object.fromEntries(kept), PATH: path, PYTHONUTF8: "1", USERNAME: COMMAND_USER };
}

/** Home, temporary and XDG folders below the work folder. `home` and `tmp` must exist. */
export function ownFolders(windows: boolean, work: string): Record<string, string> {
  const [home, tmp] = [path.join(work, "home"), path.join(work, "tmp")];
  if (windows) {
    const data = path.join(home, "AppData");
    return {
      ...{ USERPROFILE: home, HOME: home, TEMP: tmp, TMP: tmp },
      ...{ APPDATA: path.join(data, "Roaming"), LOCALAPPDATA: path.join(data, "Local") },
    };
  }
  return {
    ...{ HOME: home, TMPDIR: tmp, XDG_RUNTIME_DIR: tmp },
    ...{ XDG_CONFIG_HOME: path.join(home, ".config"), XDG_CACHE_HOME: path.join(home, ".cache") },
    ...{ XDG_DATA_HOME: path.join(home, ".local", "share"), XDG_STATE_HOME: path.join(home, ".local", "state") },
  };
}

/** Certificate, proxy and package-index settings of the machine, and the user's pip settings file. */
export function networkSettings(windows: boolean, env: HostEnv): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    const upper = name.toUpperCase();
    if (value !== undefined && (NETWORK_SETTINGS.has(upper) || INDEX_CREDENTIALS.test(upper))) settings[name] = value;
  }
  const user = windows ? hostVariable(env, "APPDATA") : (env["XDG_CONFIG_HOME"] ?? joined(env["HOME"], ".config"));
  const file = joined(user, "pip", windows ? "pip.ini" : "pip.conf");
  if (file !== undefined) settings["PIP_CONFIG_FILE"] ??= file;
  return settings;
}

/** Files and folders that network settings point to; they have to stay readable. */
export function settingsPaths(settings: Readonly<Record<string, string>>): string[] {
  const named = [...CERTIFICATES, "PIP_CONFIG_FILE", "UV_CONFIG_FILE", "NETRC", "PIP_FIND_LINKS", "UV_FIND_LINKS"];
  return named.flatMap((name) => (settings[name] ?? "").split(/[ ,]/)).filter((value) => path.isAbsolute(value));
}

/** What of network settings must not be printed: hosts and credentials of indexes and proxies. */
export function settingsSecrets(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => {
    if (INDEX_CREDENTIALS.test(name.toUpperCase())) return [value];
    const addresses = value.match(/[a-z][a-z0-9+.-]*:\/\/[^\s,/]+/gi) ?? [];
    return addresses.flatMap((address) => {
      const [host = "", credentials = ""] = address
        .replace(/^[^/]*\/\//, "")
        .split("@")
        .reverse();
      return [host, credentials, credentials.split(":")[1] ?? ""];
    });
  });
}

function joined(folder: string | undefined, ...more: string[]): string | undefined {
  return folder === undefined ? undefined : path.join(folder, ...more);
}
