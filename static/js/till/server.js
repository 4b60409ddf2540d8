// Asking the server: a token, JSON, and an answer or none. No cookie goes along.

const PATIENCE = 20_000;

export class Server {
  constructor(origin = "") {
    this.origin = origin;
    this.token = "";
    this.online = null;
    this.heard = () => {};
  }

  /**
   * @returns {Promise<{status: number, told: any, wait: number}>} status 0 where no answer came;
   *   `wait`: seconds that the server asks us to
   */
  async ask(method, path, body, { token = this.token, patience = PATIENCE } = {}) {
    const headers = token ? { Authorization: `Bearer ${token}` } : {};
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const how = { method, headers, credentials: "omit", cache: "no-store" };
    if (body !== undefined) how.body = JSON.stringify(body);
    let status = 0;
    let told = null;
    let wait = 0;
    try {
      const answer = await fetch(`${this.origin}/pos/${path}`, { ...how, signal: AbortSignal.timeout(patience) });
      const text = await answer.text();
      wait = Number(answer.headers.get("Retry-After")) || 0;
      const isJson = (answer.headers.get("Content-Type") ?? "").includes("json");
      told = text && isJson ? JSON.parse(text) : null;
      // A page instead of an answer is somebody between us and the server: a hotspot that wants a
      // click, a proxy that says the server is down.
      status = text && !isJson ? 0 : answer.status;
    } catch {
      status = 0; // no network, no answer in time, half an answer: all the same to a till
    }
    const online = status > 0 && status < 500;
    if (online !== this.online) {
      this.online = online;
      this.heard(online);
    }
    return { status, told, wait };
  }
}
