using FluentAssertions;
using McpActors.Core.Servers;
using Xunit;

namespace McpActors.Host.Tests.Servers;

public sealed class FleetFileReaderSpec : IDisposable
{
    private readonly FleetFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_stdio_server_of_claude_code_is_read_whole()
    {
        _folder.Script("bin/run.sh");
        var server = _folder.Server("""
            "files": {
              "command": "./bin/run.sh", "args": ["--root", "${HOME}/x", "--mode=${MODE:-fast}"],
              "env": {"KEY": "${API_TOKEN}", "LEVEL": "info"}, "timeout": 30, "alwaysAllow": ["a"], "disabled": true
            }
            """);

        server.Transport.Should().Be(ServerTransport.Stdio);
        server.Process!.Command.Should().Be(Path.Combine(_folder.Root, "bin/run.sh"));
        server.Process.Args.Should().Equal("--root", "/home/someone/x", "--mode=fast");
        server.Process.Env.Should().Equal(new Dictionary<string, string> { ["KEY"] = "from-the-environment", ["LEVEL"] = "info" });
        server.Process.WorkingDirectory.Should().Be(_folder.Root);
        server.Disabled.Should().BeTrue();
        server.Source.Should().Be(new SourcePosition(Path.Combine(_folder.Root, ".mcp.json"), 2, 1));
        server.Secrets.Should().Contain("from-the-environment").And.NotContain("info").And.NotContain("/home/someone");
        _folder.Read().Diagnostics.Should().BeEmpty();
    }

    [Theory]
    [InlineData("http", ServerTransport.Http)]
    [InlineData("streamable-http", ServerTransport.Http)]
    [InlineData("streamableHttp", ServerTransport.Http)]
    [InlineData("streamable_http", ServerTransport.Http)]
    [InlineData("sse", ServerTransport.Sse)]
    public void An_http_server_is_read_under_every_alias(string type, ServerTransport transport)
    {
        var server = _folder.Server("\"web\": {\"type\": \"" + type + "\", \"url\": \"https://host/${PART:-mcp}\", \"headers\": {\"Authorization\": \"Bearer ${API_TOKEN}\"}}");

        server.Transport.Should().Be(transport);
        server.Url.Should().Be("https://host/mcp");
        server.Headers.Should().Contain("Authorization", "Bearer from-the-environment");
        server.Process.Should().BeNull();
        server.Secrets.Should().Contain("from-the-environment");
        _folder.Read().Diagnostics.Should().BeEmpty();
    }

    [Fact]
    public void A_vs_code_file_has_comments_inputs_and_an_env_file()
    {
        _folder.Script("tools/run.sh");
        _folder.Write("secrets.env", "# remark\nexport FROM_FILE='a long b'\nBOTH=file\nQUOTED=\"xx\\nyy\" # tail\nPLAIN=v # tail\n");
        _folder.Environment["MCPACTORS_INPUT_THE_KEY"] = "typed-in";
        _folder.Write(".vscode/mcp.json", """
            { // a remark
              "inputs": [{"id": "the-key", "type": "promptString", "password": true}, {"id": "region", "default": "europe"},],
              "servers": {
                "a": { "type": "stdio", "command": "${workspaceFolder}/tools/run.sh", "envFile": "${workspaceFolder}/secrets.env",
                       "env": {"BOTH": "entry", "K": "${input:the-key}", "R": "${input:region}"}, "dev": {"watch": "x"} },
              },
            }
            """);

        var fleet = _folder.Read(".vscode/mcp.json");

        fleet.Diagnostics.Should().BeEmpty();
        var process = fleet.Servers.Single().Process!;
        process.WorkingDirectory.Should().Be(_folder.Root);
        process.Env.Should().Equal(new Dictionary<string, string>
        {
            ["FROM_FILE"] = "a long b",
            ["BOTH"] = "entry",
            ["QUOTED"] = "xx\nyy",
            ["PLAIN"] = "v",
            ["K"] = "typed-in",
            ["R"] = "europe",
        });
        fleet.Servers.Single().Secrets.Should().Contain(["typed-in", "a long b", "xx\nyy"]);
        fleet.Files.Should().Equal(Path.Combine(_folder.Root, ".vscode/mcp.json"), Path.Combine(_folder.Root, "secrets.env"));
    }

    [Theory]
    [InlineData(".cursor/mcp.json", "mcpServers")]
    [InlineData("claude_desktop_config.json", "mcpServers")]
    [InlineData("mcp.json", "servers")]
    [InlineData("fleet.json", "mcpServers")]
    [InlineData("fleet.json", "servers")]
    public void Every_other_shape_is_read_under_its_root(string file, string root)
    {
        _folder.Write(file, "{\"" + root + "\": {\"a\": {\"command\": \"sh\"}, \"b\": {\"command\": \"sh\"}}, \"globalShortcut\": \"\"}");

        var servers = _folder.Read(file).Servers;

        servers.Select(server => server.Name).Should().Equal("a", "b");
        servers.Should().OnlyContain(server => server.Faults.Count == 0);
    }

    [Fact]
    public void A_command_is_looked_up_on_the_servers_own_path()
    {
        _folder.Script("own/tool");

        var found = _folder.Server("\"a\": {\"command\": \"tool\", \"env\": {\"PATH\": \"own:/bin\"}}");
        found.Process!.Command.Should().Be("tool");
        found.Faults.Should().BeEmpty();

        var missing = _folder.Servers("\"a\": {\"command\": \"tool\"}").Servers.Single();
        missing.Faults.Should().ContainSingle().Which.Code.Should().Be(DiagnosticCodes.CommandNotFound);
    }

    [Fact]
    public void A_duplicate_name_keeps_the_last_one()
    {
        var fleet = _folder.Servers("\"a\": {\"command\": \"first\"},\n\"b\": {\"command\": \"sh\"},\n\"a\": {\"command\": \"sh\"}");

        fleet.Servers.Select(server => server.Name).Should().Equal("b", "a");
        fleet.Servers[1].Process!.Command.Should().Be("sh");
        var told = fleet.Diagnostics.Should().ContainSingle().Subject;
        (told.Code, told.Source.Line, told.Source.Column).Should().Be((DiagnosticCodes.DuplicateName, 2, 1));
        told.Message.Should().Contain("line 4");
    }

    [Fact]
    public void The_side_file_sets_everything()
    {
        _folder.Write("mcpactors.json", """
            {
              "$schema": "docs/schema/mcpactors.schema.json", // accepted
              "servers": {
                "a": {
                  "dependsOn": ["b"], "probe": {"interval": "30s", "timeout": "500ms", "slow": 2},
                  "restart": {"budget": 3, "window": "1h", "initialDelay": 0.05, "maxDelay": "1m", "slowRetry": "10m",
                              "startTimeout": "5m", "wedgedAfter": 0, "stopGrace": "1s"},
                  "selfCheck": "--selfcheck", "package": {"registry": "npm", "name": "@x/y", "version": "1.2.3", "pinnedIn": "run.sh"},
                  "resources": {"memory": "256Mi", "cpu": "500m"}, "criticality": "high",
                  "maintenanceWindows": ["Sun 02:00-04:00"], "dataDirectories": ["data", "${HOME}/d"],
                },
                "b": {"process": {"command": "sh", "args": ["-c", "serve ${PORT:-8080}"], "env": {"TOKEN": "${API_TOKEN}"}}},
              },
              "protectedPaths": ["x"], "alerting": {}, "policies": {},
            }
            """);
        var fleet = _folder.Servers("\"a\": {\"command\": \"sh\"}, \"b\": {\"type\": \"http\", \"url\": \"http://127.0.0.1:8080/mcp\"}");

        fleet.Diagnostics.Should().BeEmpty();
        fleet.Files.Should().HaveCount(2);
        fleet.Servers[0].Settings.Should().BeEquivalentTo(new ServerSettings
        {
            DependsOn = ["b"],
            Probe = new() { Interval = TimeSpan.FromSeconds(30), Timeout = TimeSpan.FromMilliseconds(500), Slow = TimeSpan.FromSeconds(2) },
            Restart = new()
            {
                Budget = 3,
                Window = TimeSpan.FromHours(1),
                InitialDelay = TimeSpan.FromMilliseconds(50),
                MaxDelay = TimeSpan.FromMinutes(1),
                SlowRetry = TimeSpan.FromMinutes(10),
                StartTimeout = TimeSpan.FromMinutes(5),
                WedgedAfter = TimeSpan.Zero,
                StopGrace = TimeSpan.FromSeconds(1),
            },
            SelfCheck = ["--selfcheck"],
            Package = new("npm", "@x/y", "1.2.3", Path.Combine(_folder.Root, "run.sh")),
            Resources = new(256L << 20, 0.5),
            Criticality = "high",
            MaintenanceWindows = ["Sun 02:00-04:00"],
            DataDirectories = [Path.Combine(_folder.Root, "data"), "/home/someone/d"],
        });
        fleet.Servers[1].Process!.Args.Should().Equal("-c", "serve 8080");
        fleet.Servers[1].Process!.Env.Should().Contain("TOKEN", "from-the-environment");
        fleet.Servers[1].Secrets.Should().Contain("from-the-environment");
    }

    [Fact]
    public void A_dependency_cycle_is_named_whole_and_holds_nobody_back()
    {
        _folder.Write("mcpactors.json", "{\"servers\": {\n\"a\": {\"dependsOn\": [\"b\"]},\n\"b\": {\"dependsOn\": [\"c\", \"d\"]},\n\"c\": {\"dependsOn\": [\"a\"]}}}");
        var fleet = _folder.Servers(string.Join(", ", "abcd".Select(c => $"\"{c}\": {{\"command\": \"sh\"}}")));

        var told = fleet.Diagnostics.Should().ContainSingle().Subject;
        told.Code.Should().Be(DiagnosticCodes.DependencyCycle);
        told.Message.Should().Contain("`a` -> `b` -> `c` -> `a`");
        told.Source.Line.Should().Be(2);
        fleet.Servers.Should().OnlyContain(server => server.Faults.Count == 0);
        fleet.Servers[1].Settings.DependsOn.Should().Equal("d");
        fleet.Servers[0].Settings.DependsOn.Should().BeEmpty();
    }

    [Fact]
    public void The_published_schema_lists_exactly_the_keys_that_are_read()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "McpActors.sln")))
        {
            folder = Path.GetDirectoryName(folder)!;
        }

        using var schema = System.Text.Json.JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "docs/schema/mcpactors.schema.json")));
        var server = schema.RootElement.GetProperty("$defs").GetProperty("server").GetProperty("properties");
        var members = new List<string>();
        foreach (var property in server.EnumerateObject())
        {
            var inner = property.Value.TryGetProperty("properties", out var nested)
                ? string.Join(", ", nested.EnumerateObject().Select(p => $"\"{p.Name}\": null"))
                : null;
            members.Add($"\"{property.Name}\": " + (inner is null ? "null" : "{" + inner + "}"));
        }

        var roots = schema.RootElement.GetProperty("properties").EnumerateObject().Select(p => p.Name).Where(name => name != "servers");
        _folder.Write("mcpactors.json", "{\"servers\": {\"a\": {" + string.Join(", ", members) + "}}, " + string.Join(", ", roots.Select(name => $"\"{name}\": null")) + "}");

        var fleet = _folder.Servers("\"a\": {\"type\": \"http\", \"url\": \"http://127.0.0.1/\"}");

        members.Should().HaveCount(10);
        fleet.Diagnostics.Should().NotContain(diagnostic => diagnostic.Code == DiagnosticCodes.UnknownKey);
    }
}
