using System.Diagnostics;
using FluentAssertions;
using McpActors.Actors.Management;
using McpActors.Core.Management;
using McpActors.Core.Servers;
using Xunit;

namespace McpActors.Actors.Tests.Management;

public sealed class InstalledPackageReaderTests : IDisposable
{
    // A read that blocks on a pipe never ends: this bound turns that into a failure.
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    private readonly string _folder = Directory.CreateTempSubdirectory("mcpactors-package-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_version_of_an_installed_package_comes_from_its_package_json()
    {
        Write("node_modules/@s/pkg/package.json", """{"name":"@s/pkg","version":"2.3.4"}""");

        var pin = await Read("node", "node_modules/@s/pkg/dist/index.js", "--stdio");

        (pin.Name, pin.InstalledVersion, pin.Pinned, pin.Reason).Should().Be(("@s/pkg", "2.3.4", true, PinReason.Installed));
    }

    [Fact]
    public async Task A_byte_order_mark_is_no_obstacle()
    {
        Write("node_modules/pkg/package.json", "\ufeff{\"name\":\"pkg\",\"version\":\"1.0.0\"}");

        (await Read("node", "node_modules/pkg/x.js")).InstalledVersion.Should().Be("1.0.0");
    }

    [Theory]
    [InlineData("""{"name":"other","version":"1.0.0"}""")]
    [InlineData("""{"name":"pkg"}""")]
    [InlineData("""{"name":"pkg","version":""}""")]
    [InlineData("""{"name":"pkg","version":7}""")]
    [InlineData("""["pkg"]""")]
    [InlineData("""{"name":"pkg","version":"1.0""")]
    [InlineData("""{"name":"pkg","version":"\ud800"}""")]
    [InlineData("")]
    public async Task A_package_json_that_does_not_tell_leaves_the_version_open(string json)
    {
        Write("node_modules/pkg/package.json", json);

        var pin = await Read("node", "node_modules/pkg/x.js");

        (pin.Name, pin.InstalledVersion, pin.Pinned).Should().Be(("pkg", null, false));
    }

    [Fact]
    public async Task A_missing_or_too_long_package_json_leaves_the_version_open()
    {
        (await Read("node", "node_modules/none/x.js")).InstalledVersion.Should().BeNull();

        var filler = new string('x', InstalledPackageReader.MaxPackageJsonBytes);
        Write("node_modules/pkg/package.json", $$"""{"name":"pkg","version":"1.0.0","x":"{{filler}}"}""");
        (await Read("node", "node_modules/pkg/x.js")).InstalledVersion.Should().BeNull();
    }

    [Fact]
    public async Task A_wrapper_script_is_read_as_the_command_or_as_the_argument_of_a_shell()
    {
        Write("wrap", "#!/bin/sh\nexec npx -y foo@1.0.0 \"$@\"\n");

        foreach (var pin in new[] { await Read("./wrap", "--x"), await Read("sh", "wrap", "--x"), await Read(Path.Combine(_folder, "wrap")) })
        {
            (pin.Name, pin.Version, pin.Place).Should().Be(("foo", "1.0.0", new PinPlace(null, 2, 16, 22, "@")));
        }
    }

    [Fact]
    public async Task A_wrapper_next_to_its_packages_leads_to_the_installed_version()
    {
        Write("bin/wrap", "#!/usr/bin/env bash\nDIR=\"$(cd \"$(dirname \"$0\")\" && pwd)\"\nexec node \"$DIR/node_modules/pkg/x.js\"\n");
        Write("bin/node_modules/pkg/package.json", """{"name":"pkg","version":"3.0.0"}""");

        (await Read("bin/wrap")).InstalledVersion.Should().Be("3.0.0");
        (await Read("bash", "bin/wrap")).InstalledVersion.Should().Be("3.0.0");
    }

    [Fact]
    public async Task A_link_in_the_bin_folder_leads_to_its_package()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        Write("node_modules/@s/pkg/cli.js", "#!/usr/bin/env node\n");
        Write("node_modules/@s/pkg/package.json", """{"name":"@s/pkg","version":"4.0.0"}""");
        Directory.CreateDirectory(Path.Combine(_folder, "node_modules/.bin"));
        File.CreateSymbolicLink(Path.Combine(_folder, "node_modules/.bin/run"), "../@s/pkg/cli.js");

        var pin = await Read("node_modules/.bin/run", "--stdio");

        (pin.Name, pin.InstalledVersion).Should().Be(("@s/pkg", "4.0.0"));
    }

    [Fact]
    public async Task A_script_longer_than_the_bound_is_not_read()
    {
        Write("wrap.sh", "#!/bin/sh\nexec npx -y foo@1.0.0\n" + new string('#', InstalledPackageReader.MaxScriptBytes));

        (await Read("./wrap.sh")).Reason.Should().Be(PinReason.Unclear);
    }

    [Fact]
    public async Task A_binary_is_a_program_and_not_a_script()
    {
        await File.WriteAllBytesAsync(Path.Combine(_folder, "server"), [0x7f, .. "ELF"u8, 0, 0, .. "\nnpx foo@1.0.0\n"u8]);

        (await Read("./server")).Reason.Should().Be(PinReason.NoPackage);
    }

    [Theory]
    [InlineData("wrap.sh", "./wrap.sh")]
    [InlineData("node_modules/pkg/package.json", "node", "node_modules/pkg/x.js")]
    public async Task A_pipe_in_place_of_a_file_is_not_opened(string path, string command, params string[] args)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var pipe = Path.Combine(_folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(pipe)!);
        using var make = Process.Start("mkfifo", [pipe]);
        await make.WaitForExitAsync();
        make.ExitCode.Should().Be(0);

        var pin = await Read(command, args);

        pin.Pinned.Should().BeFalse();
        pin.Version.Should().BeNull();
    }

    [Fact]
    public async Task A_folder_a_device_and_a_dangling_link_are_not_read()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "wrap.sh"));
        (await Read("./wrap.sh")).Reason.Should().Be(PinReason.Unclear);
        if (!OperatingSystem.IsWindows())
        {
            (await Read("sh", "/dev/zero")).Reason.Should().Be(PinReason.Unclear);
            File.CreateSymbolicLink(Path.Combine(_folder, "gone.sh"), "nowhere");
            (await Read("./gone.sh")).Reason.Should().Be(PinReason.Unclear);
        }
    }

    [Fact]
    public async Task A_remote_server_has_only_what_the_side_file_says()
    {
        (await Read(Remote())).Reason.Should().Be(PinReason.NoPackage);

        var pin = await Read(Remote() with { Settings = new ServerSettings { Package = new PackageSettings("oci", "vendor/server", null, null) } });
        (pin.Ecosystem, pin.Name, pin.Reason).Should().Be((PackageEcosystem.Oci, "vendor/server", PinReason.Declared));

        static ServerDefinition Remote() => new()
        {
            Name = "remote",
            Transport = ServerTransport.Http,
            Url = "https://example.org/mcp",
            Source = new SourcePosition("x", 1, 1),
        };
    }

    private void Write(string path, string text)
    {
        var full = Path.Combine(_folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }

    private Task<PackagePin> Read(string command, params string[] args) => Read(new ServerDefinition
    {
        Name = "server",
        Transport = ServerTransport.Stdio,
        Process = new ProcessDefinition(command, args, new Dictionary<string, string>(), _folder),
        Source = new SourcePosition("x", 1, 1),
    });

    private static Task<PackagePin> Read(ServerDefinition definition) =>
        Task.Run(() => InstalledPackageReader.Read(definition)).WaitAsync(Bound);
}
