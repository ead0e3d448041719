namespace McpActors.Core.Monitoring;

/// <summary>What a server's health is. The wire names are the snake-case forms (<c>auth_needed</c>).</summary>
public enum ServerState
{
    /// <summary>Nobody has reported on it, or not for too long.</summary>
    Unknown,

    /// <summary>Its first start, or a wanted one, is under way.</summary>
    Starting,

    /// <summary>It answers, in time.</summary>
    Healthy,

    /// <summary>It answers, but slowly, erratically or in part.</summary>
    Degraded,

    /// <summary>Its process or port is alive, its protocol is dead.</summary>
    Wedged,

    /// <summary>There is nobody to answer.</summary>
    Unreachable,

    /// <summary>It answers 401 or 403: alive, but it wants credentials that it was not given.</summary>
    AuthNeeded,

    /// <summary>It failed more often than its restart budget allows; it is retried slowly.</summary>
    CrashLooping,

    /// <summary>It is wanted not to run.</summary>
    Stopped,

    /// <summary>Protection keeps it from running.</summary>
    Held,
}

/// <summary>Why a connection or a probe failed.</summary>
public enum FailureKind
{
    /// <summary>No answer in time.</summary>
    Timeout,

    /// <summary>Nobody listens at the address.</summary>
    Refused,

    /// <summary>The host name does not resolve, or there is no route.</summary>
    NoRoute,

    /// <summary>HTTP 401: no credentials, or wrong ones.</summary>
    Unauthorized,

    /// <summary>HTTP 403: credentials that do not suffice.</summary>
    Forbidden,

    /// <summary>The TLS handshake or the certificate failed.</summary>
    Tls,

    /// <summary>HTTP 502, 503 or 504: a gateway says that nobody is behind it.</summary>
    GatewayError,

    /// <summary>Another HTTP 5xx.</summary>
    ServerError,

    /// <summary>Another HTTP status that is no answer of MCP.</summary>
    HttpError,

    /// <summary>Something answers, but not in JSON-RPC (a web page behind HTTP 200, garbage on standard output).</summary>
    DeadProtocol,

    /// <summary>An answer, or a line without end, was cut at its bound.</summary>
    Oversized,

    /// <summary>The stream or the session ended.</summary>
    ConnectionLost,

    /// <summary>The process could not be started.</summary>
    NotStarted,

    /// <summary>Anything else; the detail says what.</summary>
    Other,
}

/// <summary>What one probe found.</summary>
/// <param name="At">When it ended.</param>
/// <param name="Latency">From request to answer, or to the time-out.</param>
/// <param name="Failure">Null when it was answered.</param>
/// <param name="Detail">In words, or null. For an answered probe: what was incomplete about it.</param>
public sealed record ProbeOutcome(DateTimeOffset At, TimeSpan Latency, FailureKind? Failure, string? Detail)
{
    /// <summary>True when anything in JSON-RPC came back: an error is a sign of life too.</summary>
    public bool Answered => Failure is null;
}

/// <summary>One change of state, for the history.</summary>
public sealed record StateChange(DateTimeOffset At, ServerState State, string Cause);
