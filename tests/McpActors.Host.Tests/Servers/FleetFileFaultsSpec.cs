using System.Text;
using FluentAssertions;
using McpActors.Core.Servers;
using McpActors.Host.Servers.Configuration;
using Xunit;

namespace McpActors.Host.Tests.Servers;

/// <summary>Every diagnostic on a real file: its name, where it points, and what becomes of the server.</summary>
public sealed class FleetFileFaultsSpec : IDisposable
{
    private readonly FleetFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("", "invalid_json", 1, 1, "empty")]
    [InlineData(" \n ", "invalid_json", 1, 1, "empty")]
    [InlineData("{\n  // remark\n}", "invalid_json", 2, 3, "comment")]
    [InlineData("{\"mcpServers\": {\n  \"a\": {\"command\": \"sh\"},\n}}", "invalid_json", 3, 1, "comma stands before")]
    [InlineData("{\"mcpServers\": {\"é\": {} \"b\": {}}}", "invalid_json", 1, 25, "missing before")]
    [InlineData("{\"mcpServers\": {", "invalid_json", 1, 17, "ends before")]
    [InlineData("{'mcpServers': {}}", "invalid_json", 1, 2, "Single quotes")]
    [InlineData("{\"a\": \"C:\\Program\"}", "invalid_json", 1, 11, "backslash")]
    [InlineData("{\"a\": \"x\ny\"}", "invalid_json", 1, 9, "breaks off")]
    [InlineData("{\"a\": \"\\ud800\"}", "invalid_json", 1, 7, "escape")]
    [InlineData("{} {}", "invalid_json", 1, 4, "missing before")]
    [InlineData("[]", "wrong_value_kind", 1, 1, "a list")]
    [InlineData("{}", "no_servers", 1, 1, "mcpServers")]
    [InlineData("{\"mcpServers\": []}", "wrong_value_kind", 1, 2, "a list")]
    [InlineData("{\n\"servers\": {\"a\": {\"command\": \"sh\"}}}", "wrong_root_key", 2, 1, "servers")]
    [InlineData("{\"mcpservers\": {}}", "wrong_root_key", 1, 2, "mcpservers")]
    [InlineData("{\"mcp_servers\": {}}", "wrong_root_key", 1, 2, "mcp_servers")]
    [InlineData("{\"mcp\": {\"servers\": {}}}", "wrong_root_key", 1, 2, "mcp")]
    [InlineData("{\"a\": {\"command\": \"sh\"}}", "wrong_root_key", 1, 2, "root of the file")]
    public void A_file_that_declares_nothing_says_why(string text, string code, int line, int column, string words)
    {
        _folder.Write(".mcp.json", text);

        var fleet = _folder.Read();

        fleet.Servers.Should().BeEmpty();
        var told = fleet.Diagnostics.Should().ContainSingle().Subject;
        (told.Code, told.Source.Line, told.Source.Column).Should().Be((code, line, column));
        (told.Message + told.Fix).Should().Contain(words);
        told.Fix.Should().NotBeEmpty();
    }

    [Theory]
    [InlineData(".vscode/mcp.json", "mcpServers", "servers")]
    [InlineData(".cursor/mcp.json", "servers", "mcpServers")]
    public void The_root_key_of_another_editor_is_told_with_the_right_one(string file, string wrong, string right)
    {
        _folder.Write(file, "{\"" + wrong + "\": {\"a\": {\"command\": \"sh\"}}}");

        _folder.Read(file).Diagnostics.Should().ContainSingle(d => d.Code == DiagnosticCodes.WrongRootKey)
            .Which.Fix.Should().Contain($"`{right}`");
    }

    [Fact]
    public void Nesting_without_end_is_refused()
    {
        _folder.Write(".mcp.json", string.Concat(Enumerable.Repeat("{\"a\":", 100_000)));

        _folder.Read().Diagnostics.Should().ContainSingle().Which.Message.Should().Contain("64 levels");
    }

    [Theory]
    [InlineData("\"a\": 5", "wrong_value_kind")]
    [InlineData("\"a\": {}", "missing_command")]
    [InlineData("\"a\": {\"command\": \"\"}", "missing_command")]
    [InlineData("\"a\": {\"command\": null}", "missing_command")]
    [InlineData("\"a\": {\"type\": \"stdio\", \"url\": \"http://h/\"}", "missing_command")]
    [InlineData("\"a\": {\"command\": [\"sh\"]}", "wrong_value_kind")]
    [InlineData("\"a\": {\"command\": \"no-such-program\"}", "command_not_found")]
    [InlineData("\"a\": {\"command\": \"./no/such.sh\"}", "command_not_found")]
    [InlineData("\"a\": {\"command\": \"~/run.sh\"}", "command_not_found")]
    [InlineData("\"a\": {\"command\": \"/usr\"}", DiagnosticCodes.CommandNotExecutable)]
    [InlineData("\"a\": {\"command\": \"./plain.sh\"}", "command_not_executable")]
    [InlineData("\"a\": {\"command\": \"sh\", \"args\": \"-c\"}", "wrong_value_kind")]
    [InlineData("\"a\": {\"command\": \"sh\", \"args\": [[]]}", "wrong_value_kind")]
    [InlineData("\"a\": {\"command\": \"sh\", \"args\": [\"x\\u0000y\"]}", "invalid_value")]
    [InlineData("\"a\": {\"command\": \"sh\", \"env\": [\"A=b\"]}", "wrong_value_kind")]
    [InlineData("\"a\": {\"command\": \"sh\", \"env\": {\"A\": {}}}", "wrong_value_kind")]
    [InlineData("\"a\": {\"command\": \"sh\", \"env\": {\"A=b\": \"c\"}}", "invalid_entry_name")]
    [InlineData("\"a\": {\"command\": \"sh\", \"args\": [\"${UNSET_ONE}\"]}", "unset_variable")]
    [InlineData("\"a\": {\"command\": \"${UNSET_ONE}\"}", "unset_variable")]
    [InlineData("\"a\": {\"command\": \"sh\", \"args\": [\"${input:x}\"]}", "unset_input")]
    [InlineData("\"a\": {\"command\": \"sh\", \"args\": [\"${command:x}\"]}", "unsupported_variable")]
    [InlineData("\"a\": {\"command\": \"sh\", \"cwd\": \"no/such\"}", "directory_not_found")]
    [InlineData("\"a\": {\"command\": \"sh\", \"envFile\": \"no.env\"}", "env_file")]
    [InlineData("\"a\": {\"type\": \"websocket\", \"command\": \"sh\"}", "unknown_transport")]
    [InlineData("\"a\": {\"type\": 1, \"command\": \"sh\"}", "unknown_transport")]
    [InlineData("\"a\": {\"type\": \"http\"}", "missing_url")]
    [InlineData("\"a\": {\"type\": \"http\", \"url\": \"host/mcp\"}", "invalid_url")]
    [InlineData("\"a\": {\"type\": \"http\", \"url\": \"file:///etc/passwd\"}", "invalid_url")]
    [InlineData("\"a\": {\"type\": \"http\", \"url\": \"http://\"}", "invalid_url")]
    [InlineData("\"a\": {\"type\": \"http\", \"url\": \"${UNSET_ONE}\"}", "unset_variable")]
    [InlineData("\"a\": {\"type\": \"http\", \"url\": \"http://h/\", \"headers\": {\"A: b\": \"c\"}}", "invalid_entry_name")]
    [InlineData("\"a\": {\"type\": \"http\", \"url\": \"http://h/\", \"headers\": {\"A\": \"b\\r\\nC: d\"}}", "invalid_value")]
    public void A_fault_keeps_one_server_from_starting_and_touches_no_other(string entry, string code)
    {
        _folder.Script("plain.sh", executable: false);

        var fleet = _folder.Servers(entry + ",\n\"other\": {\"command\": \"sh\"}");

        fleet.Servers.Select(server => server.Name).Should().Equal("a", "other");
        fleet.Servers[1].Faults.Should().BeEmpty();
        var fault = fleet.Servers[0].Faults.Should().ContainSingle().Subject;
        (fault.Code, fault.Severity, fault.Server, fault.Source.Line).Should().Be((code, DiagnosticSeverity.Error, "a", 2));
        fault.Source.Column.Should().BePositive();
        fault.Fix.Should().NotBeEmpty();
        fleet.Diagnostics.Should().Equal(fault);
    }

    [Theory]
    [InlineData("\"a\": {\"command\": \"sh\", \"comand\": \"x\"}", "unknown_key", "`command`")]
    [InlineData("\"a\": {\"command\": \"sh\", \"zzzzzz\": \"x\"}", "unknown_key", "Remove it")]
    [InlineData("\"a\": {\"command\": \"sh\", \"command\": \"sh\"}", "duplicate_key", "Remove one")]
    [InlineData("\"a\": {\"command\": \"sh\", \"args\": [5]}", "wrong_value_kind", "double quotes")]
    [InlineData("\"a\": {\"command\": \"sh\", \"env\": {\"A\": 5}}", "wrong_value_kind", "double quotes")]
    [InlineData("\"a\": {\"command\": \"sh\", \"env\": {\"A\": null}}", "wrong_value_kind", "double quotes")]
    [InlineData("\"a\": {\"command\": \"sh\", \"disabled\": \"true\"}", "wrong_value_kind", "without quotes")]
    [InlineData("\"a\": {\"command\": \"sh\", \"args\": [\"./gone.sh\"]}", "script_not_found", "Create it")]
    [InlineData("\"a\": {\"command\": \"sh\", \"url\": \"http://h/\"}", "url_and_command", "Remove one")]
    [InlineData("\"a\": {\"type\": \"http\", \"command\": \"sh\", \"url\": \"http://h/\"}", "url_and_command", "mcpactors.json")]
    [InlineData("\"a\": {\"url\": \"http://h/\"}", "type_missing", "\"http\"")]
    [InlineData("\"a\": {\"command\": \"sh\", \"env\": {\"API_KEY\": \"hunter22\"}}", "plain_secret", "${NAME}")]
    [InlineData("\"a\": {\"command\": \"sh\", \"args\": [\"--token\", \"hunter22\"]}", "plain_secret", "${NAME}")]
    [InlineData("\"a\": {\"command\": \"sh\", \"args\": [\"${API_TOKEN:-ghp_hunter22hunter22}\"]}", "plain_secret", "${NAME}")]
    [InlineData("\"a\": {\"type\": \"http\", \"url\": \"http://me:hunter22@h/\"}", "plain_secret", "${NAME}")]
    [InlineData("\"a\": {\"type\": \"http\", \"url\": \"http://h/\", \"headers\": {\"Authorization\": \"Bearer hunter22\"}}", "plain_secret", "${NAME}")]
    public void A_warning_leaves_the_server_startable(string entry, string code, string fix)
    {
        var fleet = _folder.Servers(entry);

        fleet.Servers.Should().ContainSingle().Which.Faults.Should().BeEmpty();
        var told = fleet.Diagnostics.Should().ContainSingle().Subject;
        (told.Code, told.Source.Line).Should().Be((code, 2));
        told.Severity.Should().NotBe(DiagnosticSeverity.Error);
        told.Fix.Should().Contain(fix);
        told.ToString().Should().NotContain("hunter22");
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("a\\u0007b")]
    [InlineData("a\\u202eb")]
    [InlineData("long")]
    public void A_name_that_cannot_be_shown_is_left_out(string name)
    {
        var fleet = _folder.Servers("\"" + (name == "long" ? new string('x', 129) : name) + "\": {\"command\": \"sh\"}, \"b\": {\"command\": \"sh\"}");

        fleet.Servers.Select(server => server.Name).Should().Equal("b");
        fleet.Diagnostics.Should().ContainSingle().Which.Code.Should().Be(DiagnosticCodes.InvalidName);
    }

    [Theory]
    [InlineData("{\"servers\": {\"b\": {}}}", "unknown_server")]
    [InlineData("{\"servers\": {\"a\": 1}}", "wrong_value_kind")]
    [InlineData("{\"server\": {}}", "unknown_key")]
    [InlineData("{\"servers\": {\"a\": {\"dependson\": []}}}", "unknown_key")]
    [InlineData("{\"servers\": {\"a\": {\"dependsOn\": [\"nobody\"]}}}", "unknown_dependency")]
    [InlineData("{\"servers\": {\"a\": {\"dependsOn\": [\"a\"]}}}", "dependency_cycle")]
    [InlineData("{\"servers\": {\"a\": {\"probe\": {\"interval\": \"1ms\"}}}}", "out_of_range")]
    [InlineData("{\"servers\": {\"a\": {\"probe\": {\"interval\": \"often\"}}}}", "invalid_value")]
    [InlineData("{\"servers\": {\"a\": {\"probe\": {\"interval\": []}}}}", "invalid_value")]
    [InlineData("{\"servers\": {\"a\": {\"restart\": {\"budget\": 1e9}}}}", "out_of_range")]
    [InlineData("{\"servers\": {\"a\": {\"restart\": {\"budget\": 1.5}}}}", "out_of_range")]
    [InlineData("{\"servers\": {\"a\": {\"restart\": 5}}}", "wrong_value_kind")]
    [InlineData("{\"servers\": {\"a\": {\"criticality\": \"huge\"}}}", "invalid_value")]
    [InlineData("{\"servers\": {\"a\": {\"package\": {\"registry\": \"npm\"}}}}", "invalid_value")]
    [InlineData("{\"servers\": {\"a\": {\"resources\": {\"memory\": \"much\"}}}}", "invalid_value")]
    [InlineData("{\"servers\": {\"a\": {\"resources\": {\"cpu\": -1}}}}", "invalid_value")]
    [InlineData("{\"servers\": {\"a\": {\"dataDirectories\": [\"${UNSET_ONE}\"]}}}", "unset_variable")]
    [InlineData("{\"servers\": {\"a\": {\"process\": {\"command\": \"sh\"}}}}", "invalid_value")]
    [InlineData("{\"policies\": []}", "wrong_value_kind")]
    [InlineData("{", "invalid_json")]
    [InlineData("7", "invalid_json")]
    public void A_fault_of_the_side_file_is_told_and_the_default_is_taken(string side, string code)
    {
        var path = _folder.Write("mcpactors.json", side);

        var fleet = _folder.Servers("\"a\": {\"command\": \"sh\"}");

        var server = fleet.Servers.Should().ContainSingle().Subject;
        server.Faults.Should().BeEmpty();
        server.Settings.Should().BeEquivalentTo(ServerSettings.Default);
        var told = fleet.Diagnostics.Should().ContainSingle().Subject;
        (told.Code, told.Source.File).Should().Be((code, path));
    }

    [Fact]
    public void The_process_of_an_http_server_that_cannot_start_is_a_fault_in_the_side_file()
    {
        var path = _folder.Write("mcpactors.json", "{\"servers\": {\"a\": {\n\"process\": {\"command\": \"no-such-program\", \"arg\": []}}}}");

        var fleet = _folder.Servers("\"a\": {\"type\": \"http\", \"url\": \"http://h/\"}");

        fleet.Diagnostics.Select(d => (d.Code, d.Source.File, d.Source.Line)).Should().Equal(
            (DiagnosticCodes.CommandNotFound, path, 2), (DiagnosticCodes.UnknownKey, path, 2));
        fleet.Servers.Single().Faults.Should().ContainSingle().Which.Code.Should().Be(DiagnosticCodes.CommandNotFound);
    }

    [Fact]
    public void A_byte_order_mark_is_read_over_and_told()
    {
        _folder.Write(".mcp.json", [0xEF, 0xBB, 0xBF, .. "{\"mcpServers\": {\"a\": {\"command\": \"sh\"}}}"u8]);

        var fleet = _folder.Read();

        fleet.Servers.Should().ContainSingle();
        fleet.Diagnostics.Should().ContainSingle().Which.Code.Should().Be(DiagnosticCodes.ByteOrderMark);
    }

    [Fact]
    public void Files_that_are_not_utf8_are_refused()
    {
        var text = "{\"mcpServers\": {}}";
        _folder.Write("utf16le.json", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(text)]);
        _folder.Write("utf16be.json", [0xFE, 0xFF, .. Encoding.BigEndianUnicode.GetBytes(text)]);
        _folder.Write("bare16.json", Encoding.Unicode.GetBytes(text));
        _folder.Write("latin.json", [.. "{\"é\":\n \""u8, 0xE9, .. "\"}"u8]);

        foreach (var name in (string[])["utf16le.json", "utf16be.json", "bare16.json", "latin.json"])
        {
            _folder.Read(name).Diagnostics.Should().ContainSingle().Which.Code.Should().Be(DiagnosticCodes.NotUtf8, name);
        }

        _folder.Read("latin.json").Diagnostics[0].Source.Should().Match<SourcePosition>(place => place.Line == 2 && place.Column == 3);
    }

    [Fact]
    public void What_is_no_readable_file_is_told_without_hanging()
    {
        Directory.CreateDirectory(Path.Combine(_folder.Root, "folder"));
        File.CreateSymbolicLink(Path.Combine(_folder.Root, "circle"), "circle");
        File.CreateSymbolicLink(Path.Combine(_folder.Root, "dangling"), "nowhere");
        using (var big = File.Create(Path.Combine(_folder.Root, "big")))
        {
            big.SetLength(ConfigurationFile.MaxBytes + 1);
        }

        using var pipe = System.Diagnostics.Process.Start("mkfifo", Path.Combine(_folder.Root, "pipe"));
        pipe.WaitForExit();

        CodeOf("folder").Should().Be(DiagnosticCodes.FileIsDirectory);
        CodeOf("circle").Should().Be(DiagnosticCodes.FileUnreadable);
        CodeOf("dangling").Should().Be(DiagnosticCodes.FileMissing);
        CodeOf("gone").Should().Be(DiagnosticCodes.FileMissing);
        CodeOf("big/inside").Should().Be(DiagnosticCodes.FileMissing);
        CodeOf("big").Should().Be(DiagnosticCodes.FileTooLarge);
        CodeOf("pipe").Should().Be(DiagnosticCodes.FileNotRegular);
        FleetFileReader.Read("a\0b", _folder.Environment).Diagnostics.Should().ContainSingle();
        FleetFileReader.Read("", _folder.Environment).Diagnostics.Should().ContainSingle();

        string CodeOf(string name) => _folder.Read(name).Diagnostics.Should().ContainSingle().Subject.Code;
    }

    [Fact]
    public void A_file_with_every_fault_at_once_still_runs_its_good_server()
    {
        _folder.Script("plain.sh", executable: false);
        _folder.Write("mcpactors.json", "{\"servers\": {\"gone\": {}, \"good\": {\"dependsOn\": [\"self\", \"nobody\"], \"probe\": {\"interval\": 0}}, \"self\": {\"dependsOn\": [\"self\"]}}}");
        _folder.Write(".mcp.json", [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes("""
            {
              "servers": {"x": {"command": "sh"}},
              "mcpServers": {
                "twice": {"command": "sh"},
                "twice": {"command": "no-such-program"},
                "": {"command": "sh"},
                "plain": {"command": "./plain.sh"},
                "unset": {"command": "sh", "args": ["${UNSET_ONE}"]},
                "odd": {"command": "sh", "arguments": [], "arg": []},
                "carrier": {"type": "pigeon", "command": "sh"},
                "args": {"command": "sh", "args": "x"},
                "number": {"command": "sh", "env": {"A": 1}},
                "nothing": {},
                "web": {"type": "http"},
                "bad": {"type": "http", "url": "nonsense"},
                "both": {"command": "sh", "url": "http://h/"},
                "untyped": {"url": "http://h/"},
                "secret": {"command": "sh", "env": {"TOKEN": "hunter22hunter22"}},
                "self": {"command": "sh"},
                "good": {"command": "sh"}
              }
            }
            """)]);

        var fleet = _folder.Read();

        fleet.Servers.Where(server => server.Faults.Count == 0).Select(server => server.Name)
            .Should().Equal("odd", "number", "both", "untyped", "secret", "self", "good");
        fleet.Servers[^1].Settings.DependsOn.Should().Equal("self");
        fleet.Diagnostics.Select(d => d.Code).Distinct().Should().BeEquivalentTo(
            "byte_order_mark", "wrong_root_key", "duplicate_name", "command_not_found", "invalid_name", "command_not_executable",
            "unset_variable", "unknown_key", "unknown_transport", "wrong_value_kind", "missing_command", "missing_url",
            "invalid_url", "url_and_command", "type_missing", "plain_secret", "unknown_server", "unknown_dependency",
            "out_of_range", "dependency_cycle");
        fleet.Diagnostics.Where(d => d.Source.File.EndsWith(".mcp.json", StringComparison.Ordinal)).Select(d => d.Source.Line).Should().BeInAscendingOrder();
        fleet.Diagnostics.Should().NotContain(d => d.ToString().Contains("hunter22"));
    }
}
