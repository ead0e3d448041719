using System.Net.Sockets;
using System.Text;
using FluentAssertions;
using McpActors.Actors.Servers;
using McpActors.Actors.Servers.Connections;
using McpActors.Actors.Servers.Processes;
using McpActors.Actors.Tests.Support;
using McpActors.Core.Monitoring;
using McpActors.Core.Servers;
using Xunit;

namespace McpActors.Actors.Tests.Servers.Connections;

/// <summary>
/// What a person is told about a remote server that does not answer as it should: the product's own connector against
/// real sockets on loopback.
/// </summary>
public sealed class FailureClassifierSpec : IAsyncLifetime
{
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(30);
    private readonly string _folder = Directory.CreateTempSubdirectory("mcpactors-http-").FullName;
    private readonly SharedHttp _http = new();
    private readonly StartGate _gate = new(1, TimeProvider.System);
    private LogFlusher _flusher = null!;
    private ServerLogs _logs = null!;
    private ServerConnector _connector = null!;

    public Task InitializeAsync()
    {
        _flusher = new LogFlusher(Path.Combine(_folder, "logs"), TimeProvider.System);
        _logs = new ServerLogs(_flusher, TimeProvider.System);
        var ledger = new ProcessLedger(Path.Combine(_folder, "processes"), "0123456789abcdef0123456789abcdef");
        _connector = new ServerConnector(new ProcessHost(ledger, TimeProvider.System), _logs, _gate, _http, TimeProvider.System);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        _logs.Dispose();
        await _flusher.DisposeAsync();
        _http.Dispose();
        _gate.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("401 Unauthorized", "application/json", "{}", FailureKind.Unauthorized, "HTTP 401")]
    [InlineData("403 Forbidden", "text/html", "<p>hunter2</p>", FailureKind.Forbidden, "HTTP 403")]
    [InlineData("404 Not Found", "text/html", "<p>hunter2</p>", FailureKind.HttpError, "no MCP endpoint")]
    [InlineData("500 Internal Server Error", "text/plain", "hunter2", FailureKind.ServerError, "HTTP 500")]
    [InlineData("502 Bad Gateway", "text/html", "hunter2", FailureKind.GatewayError, "gateway")]
    [InlineData("503 Service Unavailable", "text/plain", "hunter2", FailureKind.GatewayError, "HTTP 503")]
    [InlineData("302 Found", "text/html", "", FailureKind.HttpError, "not followed")]
    [InlineData("200 OK", "text/html", "<html>hunter2</html>", FailureKind.DeadProtocol, "text/html")]
    [InlineData("200 OK", "application/json", "{\"hunter2\":", FailureKind.DeadProtocol, "HTTP 200")]
    [InlineData("200 OK", "application/json", "\"hunter2\"", FailureKind.DeadProtocol, "HTTP 200")]
    [InlineData("200 OK", "application/json", "", FailureKind.DeadProtocol, "HTTP 200")]
    public async Task An_answer_that_is_none_is_told_apart_in_words(string status, string mediaType, string body, FailureKind kind, string words)
    {
        await using var server = LoopbackHttp.Answering(status, mediaType, body, status.StartsWith('3') ? "Location: http://127.0.0.1:1/hunter2\r\n" : "");

        var failed = await OpenAsync(server.Url);

        failed.Kind.Should().Be(kind, failed.Detail);
        failed.Detail.Should().Contain(words).And.NotContain("hunter2", "nothing that a server sent is quoted");
    }

    [Fact]
    public async Task Nobody_at_the_port_is_refused()
    {
        var failed = await OpenAsync(LoopbackHttp.NobodysUrl());
        failed.Kind.Should().Be(FailureKind.Refused, failed.Detail);
    }

    [Fact]
    public async Task A_name_that_does_not_resolve_is_told_so()
    {
        var failed = await OpenAsync("http://nobody.invalid/mcp");
        failed.Kind.Should().Be(FailureKind.NoRoute, failed.Detail);
    }

    [Fact]
    public async Task A_port_that_speaks_no_tls_is_a_tls_failure()
    {
        await using var server = new LoopbackHttp(async (stream, stop) =>
        {
            await stream.ReadExactlyAsync(new byte[5], stop);
            await stream.WriteAsync("220 mail.example ESMTP hunter2\r\n"u8.ToArray(), stop);
        });
        var failed = await OpenAsync(server.Url.Replace("http:", "https:", StringComparison.Ordinal));
        failed.Kind.Should().Be(FailureKind.Tls, failed.Detail);
        failed.Detail.Should().NotContain("hunter2");
    }

    [Fact]
    public async Task A_connection_that_is_reset_is_lost()
    {
        await using var server = new LoopbackHttp(async (stream, stop) =>
        {
            await LoopbackHttp.ReadHeadAsync(stream, stop);
            stream.Socket.LingerState = new LingerOption(true, 0);
            stream.Socket.Close();
        });
        var failed = await OpenAsync(server.Url);
        failed.Kind.Should().Be(FailureKind.ConnectionLost, failed.Detail);
    }

    [Fact]
    public async Task A_connection_that_is_closed_without_an_answer_is_lost()
    {
        await using var server = new LoopbackHttp(LoopbackHttp.ReadHeadAsync);
        var failed = await OpenAsync(server.Url);
        failed.Kind.Should().Be(FailureKind.ConnectionLost, failed.Detail);
    }

    [Fact]
    public async Task A_server_that_never_answers_times_out()
    {
        await using var server = new LoopbackHttp((_, stop) => Task.Delay(Timeout.Infinite, stop));
        var failed = await OpenAsync(server.Url);
        failed.Kind.Should().Be(FailureKind.Timeout, failed.Detail);
    }

    [Fact]
    public async Task An_answer_of_seventeen_megabytes_is_cut()
    {
        await using var server = LoopbackHttp.Flooding("application/json", Encoding.ASCII.GetBytes(new string(' ', 64 * 1024)), 17 * 1024 * 1024);
        var failed = await OpenAsync(server.Url);
        failed.Kind.Should().Be(FailureKind.Oversized, failed.Detail);
        failed.Detail.Should().Contain("16 MiB");
    }

    [Fact]
    public async Task A_line_of_an_event_stream_without_end_is_cut()
    {
        await using var server = LoopbackHttp.Flooding("text/event-stream", Encoding.ASCII.GetBytes(new string('x', 64 * 1024)), long.MaxValue);
        var failed = await OpenAsync(server.Url);
        failed.Kind.Should().Be(FailureKind.Oversized, failed.Detail);
    }

    [Theory]
    [MemberData(nameof(Thrown))]
    public void What_was_thrown_becomes_a_kind_and_words(Exception error, FailureKind kind, string words)
    {
        var (found, detail) = FailureClassifier.Classify(error, null, TimeSpan.FromSeconds(5));
        found.Should().Be(kind);
        detail.Should().Contain(words);
        detail.Length.Should().BeLessThan(500);
    }

    public static TheoryData<Exception, FailureKind, string> Thrown() => new()
    {
        { new TimeoutException(), FailureKind.Timeout, "5 s" },
        { new TaskCanceledException(), FailureKind.Timeout, "5 s" },
        { new AggregateException(new HttpRequestException("x", new SocketException((int)SocketError.ConnectionRefused))), FailureKind.Refused, "refused" },
        { new HttpRequestException("x", new SocketException((int)SocketError.HostNotFound)), FailureKind.NoRoute, "resolve" },
        { new HttpRequestException("x", new SocketException((int)SocketError.NetworkUnreachable)), FailureKind.NoRoute, "reached" },
        { new IOException("x", new SocketException((int)SocketError.ConnectionReset)), FailureKind.ConnectionLost, "reset" },
        { new System.Security.Authentication.AuthenticationException("The remote certificate is invalid."), FailureKind.Tls, "certificate" },
        { new HttpRequestException(HttpRequestError.SecureConnectionError), FailureKind.Tls, "TLS" },
        { new HttpRequestException("x", null, System.Net.HttpStatusCode.Forbidden), FailureKind.Forbidden, "403" },
        { new IOException("x"), FailureKind.ConnectionLost, "ended" },
        { new InvalidOperationException(new string('y', 5000) + "\nsecond line"), FailureKind.Other, "InvalidOperationException" },
    };

    private async Task<OpenResult.Failed> OpenAsync(string url)
    {
        var definition = new ServerDefinition
        {
            Name = "remote",
            Transport = ServerTransport.Http,
            Url = url,
            Source = new SourcePosition("/fleet/.mcp.json", 3, 5),
        };
        var result = await _connector.OpenAsync(definition, null, _ => { }, default).WaitAsync(s_bound);
        return result.Should().BeOfType<OpenResult.Failed>().Subject;
    }
}
