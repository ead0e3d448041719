using System.Text;
using System.Text.Json;
using FluentAssertions;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using McpActors.Core.Servers;

namespace McpActors.Host.Tests.Servers;

public sealed class FleetFilePropertiesSpec : IDisposable
{
    private const string Sample = """
        { "inputs": [{"id": "i", "default": "x"}],
          "mcpServers": {
            "a": {"type": "stdio", "command": "sh", "args": ["-c", "${API_TOKEN} ${U:-d}", 5], "env": {"K": "v", "N": null}, "cwd": "."},
            "b": {"type": "http", "url": "https://u:p@h:1/x?token=1#f", "headers": {"Authorization": "Bearer ${API_TOKEN}"}},
            "c": {"command": "./x", "envFile": "e.env", "disabled": false, "timeout": 1.5e3} } }
        """;

    private const string Side = """
        {"servers": {"a": {"dependsOn": ["b"], "probe": {"interval": "60s"}, "restart": {"budget": 5}, "package": {"registry": "npm", "name": "x"}},
         "b": {"process": {"command": "sh", "args": [], "env": {"A": "b"}}, "dataDirectories": ["d"], "resources": {"memory": "1Gi", "cpu": 1}}}}
        """;

    private readonly FleetFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Property(MaxTest = 300)]
    public void Arbitrary_bytes_never_throw(byte[] fleet, byte[] side)
    {
        _folder.Write("fleet.json", fleet);
        _folder.Write("mcpactors.json", side);

        _folder.Read("fleet.json").Servers.Should().BeEmpty();
    }

    [Property(MaxTest = 600)]
    public Property Mutated_files_never_throw()
    {
        var piece = Gen.Elements("{", "}", "[", "]", "\"", ":", ",", "null", "5", "${", "\\", "//", "\0", "é", "\n", "\"a\"", "1e999", "-", "../", "\\u0000", "\\ud800");
        var edit = Gen.Choose(0, Sample.Length + Side.Length).SelectMany(_ => piece, (at, text) => (at, text))
            .SelectMany(_ => Gen.Choose(0, 12), (pair, cut) => (pair.at, pair.text, cut));
        return Prop.ForAll(Arb.From(edit.ListOf().Where(edits => edits.Count is > 0 and < 5)), edits =>
        {
            var (fleet, side) = (Sample, Side);
            foreach (var (at, text, cut) in edits)
            {
                (fleet, side) = at <= Sample.Length ? (Edited(fleet, at, text, cut), side) : (fleet, Edited(side, at - Sample.Length, text, cut));
            }

            _folder.Write("fleet.json", fleet);
            _folder.Write("mcpactors.json", side);
            var read = _folder.Read("fleet.json");
            read.Servers.Select(server => server.Name).Should().OnlyHaveUniqueItems();
            read.Diagnostics.Should().OnlyContain(d => d.Source.Line >= 1 && d.Source.Column >= 1 && d.Message.Length > 0 && d.Fix.Length > 0);
        });
    }

    [Property(MaxTest = 400)]
    public Property No_secret_survives_reading()
    {
        var secret = Gen.Elements([.. "abcXYZ0189-_/+=.:;@%&\"'é"]).ArrayOf().Where(c => c.Length is >= 6 and < 40).Select(c => "Q" + new string(c));
        return Prop.ForAll(Arb.From(secret), Arb.From(Gen.Choose(0, 9)), (value, place) =>
        {
            _folder.Environment["API_TOKEN"] = value;
            var json = JsonSerializer.Serialize(value);
            var escaped = Uri.EscapeDataString(value);
            var entry = place switch
            {
                0 => $$"""{"command": "sh", "env": {"TOKEN": {{json}} } }""",
                1 => $$"""{"command": "sh", "args": ["--password", {{json}}, "--again=${API_TOKEN}"]}""",
                2 => """{"command": "no-such-${API_TOKEN}", "args": ["x${API_TOKEN}y", "./${API_TOKEN}.sh"], "cwd": "${API_TOKEN}"}""",
                3 => $$"""{"type": "http", "url": "http://u:{{escaped}}@h/x?api_key={{escaped}}"}""",
                4 => """{"type": "http", "url": "ftp://${API_TOKEN}", "headers": {"X": "${API_TOKEN}"}}""",
                5 => $$"""{"type": {{json}}, "command": "sh", "env": {"A": {{json}} } }""",
                6 => """{"command": "sh", "env": {"A": "${API_TOKEN}"}, "args": ["${API_TOKEN}", "${UNSET_ONE}"]}""",
                7 => $$"""{"command": "sh", "headers": {"Authorization: Bearer {{json[1..]}}: "x"}, "env": [{{json}}]}""",
                8 => $$"""{"command": "sh", "env": {"A": {{json}} {{json}} } }""",
                _ => $$"""{"command": {"x": {{json}} }, "args": {{json}}, "disabled": {{json}}, "cwd": [{{json}}]}""",
            };
            _folder.Write("fleet.json", "{\"mcpServers\": {\"server\": " + entry + "}}");

            var fleet = _folder.Read("fleet.json");

            var shown = new StringBuilder();
            fleet.Diagnostics.ToList().ForEach(diagnostic => shown.AppendLine(diagnostic.Message).AppendLine(diagnostic.Fix));
            foreach (var server in fleet.Servers)
            {
                var face = DeclaredServer.From(server);
                shown.AppendLine(server.ToString()).AppendLine(server.Process?.ToString()).AppendLine(face.Command).AppendLine(face.Url)
                    .AppendJoin('\n', face.Args).AppendJoin('\n', face.EnvNames).AppendJoin('\n', face.HeaderNames);
            }

            shown.ToString().Should().NotContain(value).And.NotContain(escaped);
            fleet.Diagnostics.Should().OnlyContain(diagnostic => diagnostic.Source.File.StartsWith(_folder.Root));
        });
    }

    private static string Edited(string text, int at, string piece, int cut)
    {
        at = Math.Clamp(at, 0, text.Length);
        return text[..at] + piece + text[Math.Min(text.Length, at + cut)..];
    }
}
