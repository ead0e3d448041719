using System.Net;
using System.Text;
using FluentAssertions;
using McpActors.Testing;
using Xunit;

namespace McpActors.Host.Tests.Servers;

/// <summary>Secrets are planted wherever a fleet file may hold one, then everything that the node shows or keeps is searched.</summary>
[Collection(WholeNode.Name)]
public sealed class SecretsTests
{
    private static readonly Dictionary<string, string> s_planted = new()
    {
        ["env"] = "Env-S3cret-0f9a1b2c3d",
        ["echoed"] = "Echoed-S3cret-7e6d5c4b3a",
        ["expanded"] = "Expanded-S3cret-1a2b3c4d5e",
        ["header"] = "Header-S3cret-9f8e7d6c5b",
        ["user-info"] = "UserInfo-S3cret-5a4b3c2d1e",
        ["query"] = "Query-S3cret-6b5c4d3e2f",
        ["argument"] = "Argument-S3cret-2d3e4f5a6b",
        ["joined argument"] = "Joined-S3cret-8c7d6e5f4a",
        ["process env"] = "ProcessEnv-S3cret-3c4d5e6f7a",
        ["node"] = "Node-S3cret-4d5e6f7a8b",
    };

    [Fact]
    public async Task No_planted_secret_appears_in_the_API_the_command_line_the_console_the_logs_or_the_database()
    {
        using var folder = new NodeFolder();
        var http = HttpFleet.FreePort();
        folder
            .Fault("quiet").Env("quiet", "API_KEY", s_planted["env"])
            .Fault("talkative", "--echo-env", "ECHOED", "--stderr-lines", "1").Env("talkative", "ECHOED", s_planted["echoed"])
            .Fault("crashing", "--echo-env", "ECHOED", "--exit-at-once", "5").Env("crashing", "ECHOED", s_planted["echoed"])
            .Fault("expanding", "--echo-env", "FROM_OUTSIDE").Env("expanding", "FROM_OUTSIDE", "${TEST_PLANTED_SECRET}")
            .Stdio("arguments", "sh", "-c", "echo \"$@\" >&2; exit 1", "sh", "--api-key", s_planted["argument"], "--token=" + s_planted["joined argument"])
            .Http("remote", $"http://someone:{s_planted["user-info"]}@127.0.0.1:{HttpFleet.FreePort()}/mcp?api_key={s_planted["query"]}")
            .Header("remote", "Authorization", "Bearer " + s_planted["header"])
            .Http("own", $"http://127.0.0.1:{http}/mcp")
            .Process("own", Checkout.FaultServer, ["--http", http.ToString(System.Globalization.CultureInfo.InvariantCulture), "--echo-env", "PLANTED"], ("PLANTED", s_planted["process env"]))
            .Header("own", "X-Api-Key", s_planted["header"])
            .Http("bad-url", $"http://someone:{s_planted["user-info"]}@[broken/mcp");
        await using var node = await NodeProcess.StartAsync(folder.Save(), new Dictionary<string, string>
        {
            ["TEST_PLANTED_SECRET"] = s_planted["expanded"],
            ["MCPACTORS_Node__ConnectionString"] = "Password=" + s_planted["node"],
        });
        await node.UntilAllHealthyAsync(names: ["quiet", "talkative", "expanding", "own"]);
        await node.UntilAsync("crashing", s => s.Cause.Contains("ECHOED=", StringComparison.Ordinal));
        await node.UntilAsync("arguments", s => s.Restarts > 1);
        await node.UntilAsync("remote", "unreachable");

        var shown = new Dictionary<string, string>();
        foreach (var route in await RoutesAsync(node))
        {
            var (status, body, _) = await node.GetAsync(route);
            status.Should().BeOneOf([HttpStatusCode.OK, HttpStatusCode.BadRequest, HttpStatusCode.NotFound, HttpStatusCode.ServiceUnavailable], route);
            shown["GET " + route] = body;
        }

        shown.Should().HaveCountGreaterThan(9 * 6, "every server was asked for everything");
        shown["GET /api/v1/servers/talkative/logs"].Should().Contain("ECHOED=", "the server's own line is shown, without the secret");
        foreach (var args in (string[][])[["servers", "list"], ["servers", "list", "-o", "json"], ["servers", "logs", "talkative"], ["servers", "show", "remote"], ["config", "show"]])
        {
            var run = await Tool.RunAsync("dotnet", [Checkout.Cli, "--node", node.Url, .. args], TimeSpan.FromSeconds(60));
            shown["mcpactors " + string.Join(' ', args)] = run.All;
        }

        shown["mcpactors servers list"].Should().Contain("talkative");
        await node.TerminateAsync();
        shown["console"] = node.Output;
        foreach (var file in Directory.EnumerateFiles(folder.Data, "*", SearchOption.AllDirectories))
        {
            // As bytes: a database page may hold anything.
            shown[file] = Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file));
        }

        shown.Keys.Should().Contain(k => k.EndsWith(".db", StringComparison.Ordinal)).And.Contain(k => k.Contains("/logs/", StringComparison.Ordinal));
        shown.Where(s => s.Key.Contains("/logs/", StringComparison.Ordinal)).Should().Contain(s => s.Value.Contains("ECHOED=", StringComparison.Ordinal));
        foreach (var (kind, secret) in s_planted)
        {
            shown.Where(s => s.Value.Contains(secret, StringComparison.OrdinalIgnoreCase)).Select(s => s.Key)
                .Should().BeEmpty($"the secret of kind '{kind}' appears nowhere");
            var encoded = Convert.ToBase64String(Encoding.UTF8.GetBytes(secret)).TrimEnd('=')[..16];
            shown.Where(s => s.Value.Contains(encoded, StringComparison.Ordinal)).Select(s => s.Key).Should().BeEmpty($"'{kind}' is not there in Base64 either");
        }
    }

    // Every GET route of the API's own description, for every server; the endless one of events is left out.
    private static async Task<List<string>> RoutesAsync(NodeProcess node)
    {
        var description = await node.JsonAsync("/openapi/v1.json");
        var servers = (await node.AllServersAsync()).Select(s => s.Name).ToList();
        List<string> routes = ["/openapi/v1.json", "/metrics", "/healthz/startup", "/healthz/live", "/healthz/ready", "/no/such/route", "/api/v1/servers?limit=0"];
        foreach (var (path, methods) in description["paths"]!.AsObject())
        {
            if (methods!["get"] is not null && path != "/api/v1/events")
            {
                routes.AddRange(path.Contains("{name}", StringComparison.Ordinal)
                    ? servers.Append("nobody").Select(s => path.Replace("{name}", s, StringComparison.Ordinal))
                    : [path]);
            }
        }

        return routes;
    }
}
