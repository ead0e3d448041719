using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using McpActors.Core.Monitoring;
using ModelContextProtocol.Client;

namespace McpActors.Actors.Servers.Connections;

/// <summary>Turns what the SDK and the network threw into a kind of failure and words. Never quotes what a server sent.</summary>
internal static class FailureClassifier
{
    /// <summary>The kind and the words.</summary>
    /// <param name="error">What was thrown.</param>
    /// <param name="watch">What the network met, for HTTP.</param>
    /// <param name="limit">The time-out that applied.</param>
    public static (FailureKind Kind, string Detail) Classify(Exception error, HttpWatch? watch, TimeSpan limit)
    {
        if (Find<OversizedException>(error) is { } cut)
        {
            return (FailureKind.Oversized, cut.Message);
        }

        if (watch is not null)
        {
            if (watch.Oversized)
            {
                return (FailureKind.Oversized, $"An answer of more than {HttpWatch.MaxAnswer / 1024 / 1024} MiB was cut.");
            }

            if (watch.LastStatus is { } status && Status(status, watch.LastMediaType) is { } byStatus)
            {
                return byStatus;
            }
        }

        if (Find<TimeoutException>(error) is not null || Find<OperationCanceledException>(error) is not null)
        {
            return watch?.LastStatus is { } seen
                ? (FailureKind.DeadProtocol, $"It answers HTTP {(int)seen}, but no answer of the protocol came within {HealthDecider.Text(limit)}.")
                : (FailureKind.Timeout, $"No answer within {HealthDecider.Text(limit)}.");
        }

        if (Find<AuthenticationException>(error) is not null
            || Find<HttpRequestException>(error)?.HttpRequestError is HttpRequestError.SecureConnectionError)
        {
            return (FailureKind.Tls, "The TLS connection failed: " + FirstLine(Find<AuthenticationException>(error)?.Message ?? "the handshake did not complete."));
        }

        switch (Find<SocketException>(error)?.SocketErrorCode)
        {
            case SocketError.ConnectionRefused:
                return (FailureKind.Refused, "The connection was refused: nobody listens there.");
            case SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData:
                return (FailureKind.NoRoute, "The host name does not resolve.");
            case SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.TimedOut:
                return (FailureKind.NoRoute, "The host cannot be reached.");
            case SocketError.ConnectionReset:
                return (FailureKind.ConnectionLost, "The connection was reset.");
        }

        if (Find<HttpRequestException>(error) is { } http)
        {
            return http.StatusCode is { } code && Status(code, null) is { } byCode ? byCode
                : (FailureKind.ConnectionLost, "The HTTP connection failed: " + FirstLine(http.Message));
        }

        if (watch?.LastStatus is { } answered)
        {
            return (FailureKind.DeadProtocol,
                $"It answers HTTP {(int)answered} with {watch.LastMediaType ?? "no content type"}, but not in the protocol.");
        }

        return Find<ClientTransportClosedException>(error) is not null || Find<IOException>(error) is not null || Find<ObjectDisposedException>(error) is not null
            ? (FailureKind.ConnectionLost, "The connection ended.")
            : (FailureKind.Other, error.GetType().Name + ": " + FirstLine(error.Message));
    }

    private static (FailureKind, string)? Status(HttpStatusCode status, string? mediaType) => (int)status switch
    {
        401 => (FailureKind.Unauthorized, "It answers HTTP 401: it wants credentials."),
        403 => (FailureKind.Forbidden, "It answers HTTP 403: the credentials do not suffice."),
        502 or 503 or 504 => (FailureKind.GatewayError, $"It answers HTTP {(int)status}: nobody is behind the gateway, or it is overloaded."),
        >= 500 => (FailureKind.ServerError, $"It answers HTTP {(int)status}: an error of the server."),
        >= 300 and < 400 => (FailureKind.HttpError, $"It answers HTTP {(int)status}: a redirect, which is not followed."),
        >= 400 => (FailureKind.HttpError, $"It answers HTTP {(int)status}: that is no MCP endpoint, or it refuses the request."),
        >= 200 when mediaType is not null and not ("application/json" or "text/event-stream") =>
            (FailureKind.DeadProtocol, $"It answers HTTP {(int)status} with {mediaType}, but not in the protocol."),
        _ => null,
    };

    private static T? Find<T>(Exception? error)
        where T : Exception
    {
        for (var depth = 0; error is not null && depth < 10; error = error.InnerException, depth++)
        {
            if (error is T found)
            {
                return found;
            }

            if (error is AggregateException { InnerExceptions.Count: > 0 } many && Find<T>(many.InnerExceptions[0]) is { } inner)
            {
                return inner;
            }
        }

        return null;
    }

    private static string FirstLine(string text)
    {
        var end = text.AsSpan().IndexOfAny('\r', '\n');
        var line = end < 0 ? text : text[..end];
        return line.Length > 300 ? line[..300] + "..." : line;
    }
}
