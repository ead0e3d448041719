using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FluentAssertions;
using McpActors.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Xunit;
using Xunit.Abstractions;

namespace McpActors.Host.Tests.Servers;

/// <summary>One node with every way in which an HTTP server can be well or not.</summary>
public sealed class HttpFleet : IAsyncLifetime
{
    private readonly NodeFolder _folder = new();
    private readonly List<WebApplication> _endpoints = [];

    public NodeProcess Node { get; private set; } = null!;

    /// <summary>The port of the server <c>foreign</c>, which the tests start themselves.</summary>
    public int ForeignPort { get; } = FreePort();

    public async Task InitializeAsync()
    {
        await NpmFleet.EnsureAsync();

        // Started and supervised by the node.
        Own("typescript", "/mcp", port => ("node", [NpmFleet.Path("everything-2026/dist/index.js"), "streamableHttp"], [("PORT", port)]));
        Own("typescript-2", "/mcp", port => ("node", [NpmFleet.Path("@upstash/context7-mcp/dist/index.js"), "--transport", "http", "--port", port], []));
        Own("go", "/mcp", port => (NpmFleet.Path("mcp-time-linux-x64/bin/mcp-time"), ["--transport", "stream", "--address", $"http://127.0.0.1:{port}/mcp"], []));
        Own("plain", "/mcp", port => (Checkout.FaultServer, ["--http", port], []));
        Own("events", "/sse", port => ("node", [NpmFleet.Path("everything-2025-04/dist/sse.js")], [("PORT", port)]), "sse");
        Own("dies-at-once", "/mcp", port => (Checkout.FaultServer, ["--exit-at-once", "4"], []));

        // Remote.
        _folder.Http("refused", $"http://127.0.0.1:{FreePort()}/mcp");
        _folder.Http("no-such-host", "http://no-such-host.invalid/mcp");
        _folder.Http("wants-credentials", await EndpointAsync(401) + "/mcp");
        _folder.Http("forbids", await EndpointAsync(403) + "/mcp");
        _folder.Http("gateway", await EndpointAsync(502) + "/mcp");
        _folder.Http("broken", await EndpointAsync(500) + "/mcp");
        _folder.Http("elsewhere", await EndpointAsync(404) + "/mcp");
        _folder.Http("web-page", await EndpointAsync(200) + "/mcp");
        _folder.Http("self-signed", await EndpointAsync(200, tls: true) + "/mcp");
        _folder.Http("no-tls", (await EndpointAsync(200)).Replace("http:", "https:", StringComparison.Ordinal) + "/mcp");
        _folder.Http("foreign", $"http://127.0.0.1:{ForeignPort}/mcp");
        foreach (var name in _folder.Names)
        {
            _folder.Setting(name, "probe", """{"interval": "1s"}""");
        }

        Node = await NodeProcess.StartAsync(_folder.Save(), new Dictionary<string, string> { ["MCPACTORS_Node__StartConcurrency"] = "4" });
    }

    public async Task DisposeAsync()
    {
        await Node.DisposeAsync();
        foreach (var endpoint in _endpoints)
        {
            await endpoint.DisposeAsync();
        }

        _folder.Dispose();
    }

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private void Own(string name, string path, Func<string, (string Command, string[] Args, (string, string)[] Env)> process, string type = "http")
    {
        var port = FreePort().ToString(System.Globalization.CultureInfo.InvariantCulture);
        var (command, args, env) = process(port);
        _folder.Http(name, $"http://127.0.0.1:{port}{path}", type).Process(name, command, args, env);
    }

    private async Task<string> EndpointAsync(int status, bool tls = false)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            if (tls)
            {
                listen.UseHttps(SelfSigned());
            }
        }));
        var app = builder.Build();
        app.Run(async context =>
        {
            context.Response.StatusCode = status;
            if (status == 401)
            {
                context.Response.Headers.WWWAuthenticate = "Bearer realm=\"test\"";
            }

            context.Response.ContentType = "text/html";
            await context.Response.WriteAsync("<!doctype html><title>Welcome</title>");
        });
        await app.StartAsync();
        _endpoints.Add(app);
        return app.Urls.Single();
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}

[Collection(WholeNode.Name)]
public sealed class HttpServersTests(HttpFleet fleet, ITestOutputHelper output) : IClassFixture<HttpFleet>
{
    private readonly NodeProcess _node = fleet.Node;

    [Theory]
    [InlineData("typescript", "initialize", "2025-11-25", 13)]
    [InlineData("typescript-2", "discover", "2026-07-28", 2)]
    [InlineData("go", "initialize", "2025-03-26", 5)]
    [InlineData("plain", "initialize", "2025-11-25", 1)]
    public async Task Streamable_HTTP_works_with_servers_of_several_SDKs_that_the_node_starts(string name, string era, string revision, int tools)
    {
        var server = await _node.UntilAsync(name, s => s.State == "healthy" && s.Tools is not null);
        (server.Era, server.ProtocolVersion).Should().Be((era, revision));
        server.Tools.Should().Be(tools);
        server.Pid.Should().NotBeNull();
    }

    [Fact]
    public async Task The_deprecated_transport_of_server_sent_events_works()
    {
        var server = await _node.UntilAsync("events", s => s.State == "healthy" && s.Tools is not null);
        server.ProtocolVersion.Should().Be("2024-11-05");
        server.Tools.Should().Be(8);
    }

    [Fact]
    public async Task An_HTTP_server_whose_process_exits_at_once_tells_why()
    {
        var server = await _node.UntilAsync("dies-at-once", s => s.Cause.Contains("exited with status 4", StringComparison.Ordinal));
        server.Cause.Should().Contain("cannot start: the widget is not configured");
    }

    [Theory]
    [InlineData("refused", "unreachable", "connection was refused")]
    [InlineData("no-such-host", "unreachable", "does not resolve")]
    [InlineData("wants-credentials", "auth_needed", "HTTP 401")]
    [InlineData("forbids", "auth_needed", "HTTP 403")]
    [InlineData("gateway", "unreachable", "HTTP 502: nobody is behind the gateway")]
    [InlineData("broken", "wedged", "HTTP 500")]
    [InlineData("elsewhere", "wedged", "HTTP 404: that is no MCP endpoint")]
    [InlineData("web-page", "wedged", "text/html")]
    [InlineData("self-signed", "unreachable", "TLS connection failed")]
    [InlineData("no-tls", "unreachable", "TLS connection failed")]
    public async Task What_a_remote_server_answers_is_told_apart_in_words(string name, string state, string words)
    {
        var server = await _node.UntilAsync(name, s => s.State is not ("starting" or "unknown"));
        server.State.Should().Be(state);
        server.Cause.Should().Contain(words).And.Contain("Next try in");
        server.NextAction.Should().NotBeEmpty();
        server.Pid.Should().BeNull();
    }

    [Theory]
    [InlineData("typescript")]
    [InlineData("events")]
    public async Task An_HTTP_server_that_the_node_started_is_started_again_after_kill_9(string name)
    {
        var before = await _node.UntilAsync(name, "healthy");
        var clock = Stopwatch.StartNew();
        MarkedProcesses.Signal(before.Pid!.Value, MarkedProcesses.Kill);
        await _node.UntilAsync(name, s => s.State == "healthy" && s.Pid is not null && s.Pid != before.Pid);
        output.WriteLine($"kill -9 of {name} -> healthy: {clock.ElapsedMilliseconds} ms");
    }

    [Fact]
    public async Task A_session_that_is_lost_behind_the_same_port_is_opened_again()
    {
        using var first = StartForeign();
        try
        {
            await _node.UntilAsync("foreign", "healthy");
            first.Kill();
            await first.WaitForExitAsync();
        }
        finally
        {
            first.Kill();
        }

        using var second = StartForeign();
        try
        {
            // The new process knows no session of the old one and answers 400 to it: only a new handshake helps.
            var server = await _node.UntilAsync("foreign", s => s.State == "healthy" && s.Restarts > 0);
            server.Pid.Should().BeNull();
            var health = await _node.JsonAsync("/api/v1/servers/foreign/health");
            health["history"]!.ToJsonString().Should().ContainAny("no longer knows the session", "refused", "reset");
        }
        finally
        {
            second.Kill();
        }
    }

    private Process StartForeign()
    {
        var start = new ProcessStartInfo("node", [NpmFleet.Path("everything-2026/dist/index.js"), "streamableHttp"])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        start.Environment["PORT"] = fleet.ForeignPort.ToString(System.Globalization.CultureInfo.InvariantCulture);
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }
}
