// Asks the API, relative to the page's own address, with the API key of this tab where there is one.
const KEY = "gridpulse-api-key";

/** The server's answer was a refusal; `message` is its own sentence. */
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** `askForKey(reason)` resolves when the user has given a key; it is called on a 401, once for all who wait. */
export class Api {
  #askForKey;
  #asking = null;

  constructor(askForKey) {
    this.#askForKey = askForKey;
  }

  /** The response. Raises Refused, or what fetch raises. */
  async get(path, options = {}) {
    for (;;) {
      const key = sessionStorage.getItem(KEY);
      const headers = { ...options.headers, ...(key ? { "X-API-Key": key } : {}) };
      const response = await fetch(new URL(path, document.baseURI), { ...options, headers });
      if (response.ok) return response;
      const problem = await response.json().catch(() => ({}));
      const refused = new Refused(response.status, problem.detail ?? `The server answered ${response.status}.`);
      if (response.status !== 401) throw refused;
      if (sessionStorage.getItem(KEY) === key) await this.#newKey(refused.message);
    }
  }

  async json(path, options) {
    return (await this.get(path, options)).json();
  }

  async text(path, options) {
    return (await this.get(path, options)).text();
  }

  async #newKey(reason) {
    this.#asking ??= this.#askForKey(reason).then((key) => sessionStorage.setItem(KEY, key));
    try {
      await this.#asking;
    } finally {
      this.#asking = null;
    }
  }
}

/** What a promise of an answer brings; null where there is none yet, or the forecast does not reach so far. */
export async function orNull(promise) {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof Refused && (error.status === 404 || error.status === 422)) return null;
    throw error;
  }
}

/** What to tell of a failed request. */
export function sentence(error) {
  return error instanceof Refused ? error.message : "The server does not answer; it is asked again.";
}
