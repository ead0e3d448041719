using FluentAssertions;
using McpActors.Core.Management;
using McpActors.Core.Servers;
using Xunit;

namespace McpActors.Core.Tests.Management;

public sealed class PackagePinDetectorTests
{
    private const string Hex = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    // A command line as people write it in configuration files; words are split at blanks, _ stands for a blank inside a word.
    [Theory]
    [InlineData("npx -y @modelcontextprotocol/server-everything@2026.8.31", "npm @modelcontextprotocol/server-everything 2026.8.31 ExactVersion")]
    [InlineData("npx -y @modelcontextprotocol/server-filesystem /tmp /home", "npm @modelcontextprotocol/server-filesystem - NoVersion")]
    [InlineData("npx @playwright/mcp@latest --headless", "npm @playwright/mcp latest Tag")]
    [InlineData("npx --yes foo@next", "npm foo next Tag")]
    [InlineData("npx -y foo@^1.2.3", "npm foo ^1.2.3 Range")]
    [InlineData("npx -y foo@~1.2", "npm foo ~1.2 Range")]
    [InlineData("npx -y foo@1.x", "npm foo 1.x Range")]
    [InlineData("npx -y foo@1", "npm foo 1 Range")]
    [InlineData("npx -y foo@1.2", "npm foo 1.2 Range")]
    [InlineData("npx -y foo@*", "npm foo * Range")]
    [InlineData("npx -y foo@x", "npm foo x Range")]
    [InlineData("npx -y foo@>=1.2.3_<2", "npm foo >=1.2.3_<2 Range")]
    [InlineData("npx -y foo@1.2.3-beta.1", "npm foo 1.2.3-beta.1 ExactVersion")]
    [InlineData("npx -y foo@2025.08.31", "npm foo 2025.08.31 ExactVersion")]
    [InlineData("npx -y foo@v1.2.3+build.5", "npm foo v1.2.3+build.5 ExactVersion")]
    [InlineData("npx -y foo@", "npm foo - NoVersion")]
    [InlineData("npx -y alias@npm:@real/pkg@1.2.3", "npm @real/pkg 1.2.3 ExactVersion")]
    [InlineData("npx -y github:user/repo", "npm - - NotFromRegistry")]
    [InlineData("npx -y user/repo", "npm - - NotFromRegistry")]
    [InlineData("npx -y git+https://user:secret@example.org/x.git", "npm - - NotFromRegistry")]
    [InlineData("npx -y https://example.org/x.tgz", "npm - - NotFromRegistry")]
    [InlineData("npx -y foo@https://token@example.org/x.tgz", "npm foo - NotFromRegistry")]
    [InlineData("npx -y ./local", "npm - - NotFromRegistry")]
    [InlineData("npx -y file:../x", "npm - - NotFromRegistry")]
    [InlineData("npx -p @scope/pkg@1.0.0 -- run-it --flag", "npm @scope/pkg 1.0.0 ExactVersion")]
    [InlineData("npx --package=@scope/pkg@1.0.0 run-it", "npm @scope/pkg 1.0.0 ExactVersion")]
    [InlineData("npx -y --package foo@1.0.0 foo-mcp", "npm foo 1.0.0 ExactVersion")]
    [InlineData("npx -p a@1.0.0 -p b@2.0.0 b", "npm b 2.0.0 ExactVersion")]
    [InlineData("npx -p a@1.0.0 -p b@2.0.0 other", "npm - - Unclear")]
    [InlineData("npx --registry https://example.org foo@1.0.0", "npm foo 1.0.0 ExactVersion")]
    [InlineData("npx --some-new-option value foo@1.0.0", "npm foo 1.0.0 ExactVersion")]
    [InlineData("npx --quiet --prefer-offline foo@1.0.0", "npm foo 1.0.0 ExactVersion")]
    [InlineData("npx -- foo@1.0.0", "npm foo 1.0.0 ExactVersion")]
    [InlineData("npx -p foo@1.0.0 -c foo_--stdio", "npm foo 1.0.0 ExactVersion")]
    [InlineData("npx -c node_node_modules/foo/x.js", "npm foo - Installed")]
    [InlineData("npx", "unknown - - Unclear")]
    [InlineData("/usr/local/bin/npx -y foo@1.0.0", "npm foo 1.0.0 ExactVersion")]
    [InlineData(@"C:\nodejs\npx.cmd -y foo@1.0.0", "npm foo 1.0.0 ExactVersion")]
    [InlineData("cmd /c npx -y foo@1.0.0", "npm foo 1.0.0 ExactVersion")]
    [InlineData("cmd.exe /d /s /C npx_-y_foo@1.0.0", "npm foo 1.0.0 ExactVersion")]
    [InlineData("cmd /c npx -y foo@1.0.0 & echo", "unknown - - Unclear")]
    [InlineData("npm exec --yes -- foo@1.0.0 --stdio", "npm foo 1.0.0 ExactVersion")]
    [InlineData("npm x foo@1.0.0", "npm foo 1.0.0 ExactVersion")]
    [InlineData("npm --silent exec --package=foo@1.0.0 -- foo", "npm foo 1.0.0 ExactVersion")]
    [InlineData("npm run start", "unknown - - Unclear")]
    [InlineData("pnpm dlx foo@1.0.0", "npm foo 1.0.0 ExactVersion")]
    [InlineData("pnpm --package=foo@1.0.0 dlx foo-cli", "npm foo-cli - NoVersion")]
    [InlineData("pnpm dlx --package=foo@1.0.0 foo-cli", "npm foo 1.0.0 ExactVersion")]
    [InlineData("pnpx foo", "npm foo - NoVersion")]
    [InlineData("yarn dlx -q @s/foo@1.0.0", "npm @s/foo 1.0.0 ExactVersion")]
    [InlineData("yarn start", "unknown - - Unclear")]
    [InlineData("bunx --bun foo@1.0.0", "npm foo 1.0.0 ExactVersion")]
    [InlineData("bun x foo@latest", "npm foo latest Tag")]
    [InlineData("bun run index.ts", "none - - NoPackage")]
    [InlineData("uvx mcp-server-time", "pypi mcp-server-time - NoVersion")]
    [InlineData("uvx mcp-server-time@2026.1.2 --local-timezone=UTC", "pypi mcp-server-time 2026.1.2 ExactVersion")]
    [InlineData("uvx mcp-server-time@latest", "pypi mcp-server-time latest Tag")]
    [InlineData("uvx --from mcp-tools==1.2 mcp-tool", "pypi mcp-tools 1.2 ExactVersion")]
    [InlineData("uvx --from=pkg[a,b]==1.2.3 cmd", "pypi pkg 1.2.3 ExactVersion")]
    [InlineData("uvx pkg[a]==1", "pypi pkg 1 ExactVersion")]
    [InlineData("uvx --from pkg>=1,<2 cmd", "pypi pkg >=1,<2 Range")]
    [InlineData("uvx --from pkg~=1.4.2 cmd", "pypi pkg ~=1.4.2 Range")]
    [InlineData("uvx --from pkg==1.* cmd", "pypi pkg ==1.* Range")]
    [InlineData("uvx --from pkg===1.0.post1 cmd", "pypi pkg 1.0.post1 ExactVersion")]
    [InlineData("uvx --from pkg@1.2rc1 cmd", "pypi pkg 1.2rc1 ExactVersion")]
    [InlineData("uvx --from git+https://example.org/u/r cmd", "pypi - - NotFromRegistry")]
    [InlineData("uvx --from pkg_@_git+https://t@example.org/r cmd", "pypi pkg - NotFromRegistry")]
    [InlineData("uvx --prerelease=allow --python 3.12 --with extra pkg@1.0", "pypi pkg 1.0 ExactVersion")]
    [InlineData("uvx -qp 3.12 pkg@1.0", "pypi pkg 1.0 ExactVersion")]
    [InlineData("uvx --new-option x pkg@1.0", "pypi - - Unclear")]
    [InlineData("uv tool run --from pkg==1.0 cmd", "pypi pkg 1.0 ExactVersion")]
    [InlineData("uv --directory /srv/x run server.py", "none - - NoPackage")]
    [InlineData("uv run --with mcp[cli] mcp run server.py", "none - - NoPackage")]
    [InlineData("pipx run pkg==1.0 --flag", "pypi pkg 1.0 ExactVersion")]
    [InlineData("pipx run --spec pkg==1.0 cmd", "pypi pkg 1.0 ExactVersion")]
    [InlineData("pipx run pkg", "pypi pkg - NoVersion")]
    [InlineData("python -m mcp_server_fetch", "pypi mcp_server_fetch - ModuleOnly")]
    [InlineData("python3.12 -u -X dev -m mcp_server.git --repository /x", "pypi mcp_server.git - ModuleOnly")]
    [InlineData("python -m pipx run pkg==1.0", "pypi pkg 1.0 ExactVersion")]
    [InlineData("python -m uv tool run pkg@1.0", "pypi pkg 1.0 ExactVersion")]
    [InlineData("python server.py -m x", "none - - NoPackage")]
    [InlineData("dnx Contoso.Mcp@1.2.3 --yes", "nuget Contoso.Mcp 1.2.3 ExactVersion")]
    [InlineData("dnx Contoso.Mcp --version 1.2.3-beta --yes -- --version 9", "nuget Contoso.Mcp 1.2.3-beta ExactVersion")]
    [InlineData("dnx --version [1.0,2.0) Contoso.Mcp", "nuget Contoso.Mcp [1.0,2.0) Range")]
    [InlineData("dnx Contoso.Mcp@1.* -y", "nuget Contoso.Mcp 1.* Range")]
    [InlineData("dnx Contoso.Mcp --yes -- --version 9", "nuget Contoso.Mcp - NoVersion")]
    [InlineData("dotnet tool exec Contoso.Mcp@1.2.3.4", "nuget Contoso.Mcp 1.2.3.4 ExactVersion")]
    [InlineData("dotnet dnx Contoso.Mcp", "nuget Contoso.Mcp - NoVersion")]
    [InlineData("dotnet run --project x", "none - - NoPackage")]
    [InlineData("dotnet tool run x", "unknown - - Unclear")]
    [InlineData("docker run -i --rm mcp/time", "oci mcp/time - NoVersion")]
    [InlineData("docker run -i --rm -e TOKEN registry.example.org/team/mcp-server:v0.20.1", "oci registry.example.org/team/mcp-server v0.20.1 Tag")]
    [InlineData("docker run --rm -it -v /a:/b --mount type=bind,src=/x,dst=/y --name n -p 80:80 img:latest serve", "oci img latest Tag")]
    [InlineData("docker run -ie TOKEN=x --network=host localhost:5000/a/b", "oci localhost:5000/a/b - NoVersion")]
    [InlineData("docker run localhost:5000/a/b:1.0", "oci localhost:5000/a/b 1.0 Tag")]
    [InlineData("docker run -i img@sha256:" + Hex, "oci img - Digest")]
    [InlineData("podman run -i img:1.0@sha256:" + Hex, "oci img 1.0 Digest")]
    [InlineData("docker run -i img@sha256:abc", "oci img - Unclear")]
    [InlineData("docker run --brand-new x img:1", "oci - - Unclear")]
    [InlineData("docker --context far container run -i img:1", "oci img 1 Tag")]
    [InlineData("docker exec -i box server", "unknown - - Unclear")]
    [InlineData("docker compose run x", "unknown - - Unclear")]
    [InlineData("node node_modules/@s/pkg/dist/index.js", "npm @s/pkg - Installed")]
    [InlineData("node --max-old-space-size=512 --import tsx /srv/node_modules/pkg/cli.js --x", "npm pkg - Installed")]
    [InlineData("node /srv/node_modules/.pnpm/pkg@1.0.0/node_modules/pkg/cli.js", "npm pkg - Installed")]
    [InlineData(@"node C:\srv\node_modules\@s\pkg\cli.js", "npm @s/pkg - Installed")]
    [InlineData("node dist/index.js", "none - - NoPackage")]
    [InlineData("node my_node_modules/pkg/x.js", "none - - NoPackage")]
    [InlineData("/srv/node_modules/.bin/pkg", "npm - - Unclear")]
    [InlineData("/srv/node_modules/pkg/cli.js", "npm pkg - Installed")]
    [InlineData("/usr/local/bin/my-server --stdio", "none - - NoPackage")]
    [InlineData("my-server", "none - - NoPackage")]
    [InlineData("./start.sh", "unknown - - Unclear")]
    [InlineData("deno run npm:foo", "unknown - - Unclear")]
    [InlineData("", "unknown - - Unclear")]
    [InlineData("env -u X A=1 B=2 npx -y foo@1.0.0", "npm foo 1.0.0 ExactVersion")]
    [InlineData("timeout -k 5 3600 npx -y foo@1.0.0", "npm foo 1.0.0 ExactVersion")]
    [InlineData("nice -n 10 stdbuf -oL uvx foo@1.0", "pypi foo 1.0 ExactVersion")]
    [InlineData("op run --env-file=.env -- npx -y foo@1.0.0", "npm foo 1.0.0 ExactVersion")]
    [InlineData("doppler run npx foo", "unknown - - Unclear")]
    [InlineData("wsl npx -y foo@1.0.0", "npm foo 1.0.0 ExactVersion")]
    [InlineData("sh -c npx_-y_foo@1.0.0", "npm foo 1.0.0 ExactVersion")]
    [InlineData("bash -lc cd_/srv_&&_exec_npx_-y_'foo@1.0.0'_2>>err.log", "npm foo 1.0.0 ExactVersion")]
    [InlineData("bash -l -c exec_npx_-y_foo@$1 zero 1.0.0", "npm foo 1.0.0 ExactVersion")]
    [InlineData("sh -c bash_-c_\"npx_foo@1.0.0\"", "npm foo 1.0.0 ExactVersion")]
    [InlineData("sh -c npx_-y_foo@$VERSION", "npm foo - Unclear")]
    [InlineData("sh -c source_.venv/bin/activate_&&_python_-m_mod", "pypi mod - ModuleOnly")]
    public void A_command_line_tells_its_package(string line, string expected)
    {
        var pin = Detect(line);

        Tell(pin).Should().Be(expected);
        pin.Pinned.Should().Be(pin.Reason is PinReason.ExactVersion or PinReason.Digest);
        pin.Why.Should().NotBeNullOrWhiteSpace();
        pin.ToString().Should().NotContainAny("secret", "token@", "https:");
    }

    [Theory]
    [InlineData("npx -y @s/foo@1.0.0 --x", "npx -y @s/foo@9.8.7 --x")]
    [InlineData("npx -y foo", "npx -y foo@9.8.7")]
    [InlineData("npx -y foo@^1.0.0", "npx -y foo@9.8.7")]
    [InlineData("npx --package=foo@latest foo", "npx --package=foo@9.8.7 foo")]
    [InlineData("uvx --from pkg[a]>=1,<2 cmd", "uvx --from pkg[a]==9.8.7 cmd")]
    [InlineData("uvx --from pkg cmd", "uvx --from pkg==9.8.7 cmd")]
    [InlineData("uvx pkg", "uvx pkg@9.8.7")]
    [InlineData("uvx pkg@1.0", "uvx pkg@9.8.7")]
    [InlineData("pipx run pkg", "pipx run pkg==9.8.7")]
    [InlineData("dnx P.Q --version 1.0.0 -y", "dnx P.Q --version 9.8.7 -y")]
    [InlineData("dnx P.Q -y", "dnx P.Q@9.8.7 -y")]
    [InlineData("docker run -i localhost:5000/a", "docker run -i localhost:5000/a:9.8.7")]
    [InlineData("docker run -i a:1@sha256:" + Hex, "docker run -i a:9.8.7")]
    [InlineData("sh -c cd_/x_&&_npx_-y_\"foo@1.0.0\"_--y", "sh -c cd_/x_&&_npx_-y_\"foo@9.8.7\"_--y")]
    [InlineData("sh -c V=1.0.0;_exec_npx_-y_foo@$V", null)]
    public void The_place_of_a_version_is_where_an_edit_puts_another(string line, string? expected)
    {
        var (command, args) = Split(line);
        var place = PackagePinDetector.Detect(command, args).Place;
        if (expected is null)
        {
            place.Should().BeNull();
            return;
        }

        args[place!.ArgumentIndex!.Value] = place.Edit(args[place.ArgumentIndex.Value], "9.8.7");
        $"{command} {string.Join(' ', args.Select(a => a.Replace(' ', '_')))}".Should().Be(expected);
        var again = PackagePinDetector.Detect(command, args);
        again.Version.Should().Be("9.8.7");
    }

    [Fact]
    public void An_image_takes_a_digest_behind_an_at_sign()
    {
        string[] args = ["run", "-i", "host:5000/img:1.0"];
        var place = PackagePinDetector.Detect("docker", args).Place!;

        place.Edit(args[2], "sha256:" + Hex).Should().Be("host:5000/img@sha256:" + Hex);
        place.Edit(args[2], "2.0@sha256:" + Hex).Should().Be("host:5000/img:2.0@sha256:" + Hex);
    }

    [Theory]
    [InlineData("1.0.0; rm -rf x")]
    [InlineData("$(x)")]
    [InlineData("")]
    [InlineData("1 2")]
    public void A_version_that_could_be_a_command_is_never_written(string version)
    {
        var place = Detect("npx foo@1.0.0").Place!;

        FluentActions.Invoking(() => place.Edit("foo@1.0.0", version)).Should().Throw<ArgumentException>();
    }

    [Fact]
    public void A_text_without_the_place_is_not_edited()
    {
        var place = Detect("npx foo@1.0.0").Place!;

        FluentActions.Invoking(() => place.Edit("foo", "2.0.0")).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => (place with { Line = 3 }).Edit("foo@1.0.0", "2.0.0")).Should().Throw<ArgumentException>();
    }

    [Theory]
    [InlineData("node node_modules/@s/pkg/dist/index.js", "node_modules/@s/pkg/package.json")]
    [InlineData("node /srv/node_modules/.pnpm/p@1/node_modules/pkg/cli.js", "/srv/node_modules/.pnpm/p@1/node_modules/pkg/package.json")]
    [InlineData("sh -c cd_/srv_&&_node_node_modules/pkg/cli.js", "/srv/node_modules/pkg/package.json")]
    [InlineData("sh -c cd_a;_cd_b;_node_node_modules/pkg/cli.js", "a/b/node_modules/pkg/package.json")]
    [InlineData("sh -c cd_$X;_node_node_modules/pkg/cli.js", null)]
    [InlineData("sh -c node_$HOME/node_modules/pkg/cli.js", null)]
    [InlineData("sh -c cd_$X;_node_/abs/node_modules/pkg/cli.js", "/abs/node_modules/pkg/package.json")]
    public void A_package_on_disk_tells_where_its_version_is(string line, string? expected)
    {
        var pin = Detect(line);

        Tell(pin).Should().EndWith("pkg - Installed");
        pin.PackageJsonPath.Should().Be(expected);
        pin.Pinned.Should().BeFalse("its version was not read yet");
        pin.WithInstalledVersion("1.2.3").Pinned.Should().BeTrue();
    }

    [Fact]
    public void The_side_file_names_a_package_that_the_command_hides()
    {
        var pin = PackagePinDetector.Detect("/opt/server", [], null, new PackageSettings("npm", "@s/pkg", "1.2.3", "/opt/package.json"));

        Tell(pin).Should().Be("npm @s/pkg - Declared");
        (pin.Pinned, pin.InstalledVersion, pin.PinnedIn).Should().Be((true, "1.2.3", "/opt/package.json"));
        PackagePinDetector.Detect("/opt/server", [], null, new PackageSettings("npm", "@s/pkg", "latest", null)).Pinned.Should().BeFalse();
        PackagePinDetector.Detect("/opt/server", [], null, new PackageSettings("npm", "@s/pkg", null, null)).Pinned.Should().BeFalse();
    }

    [Fact]
    public void The_side_file_cannot_make_a_command_pinned_that_fetches_the_latest()
    {
        var pin = PackagePinDetector.Detect("npx", ["-y", "foo@latest"], null, new PackageSettings("npm", "foo", "1.2.3", null));

        (pin.Reason, pin.Pinned, pin.Version, pin.InstalledVersion).Should().Be((PinReason.Tag, false, "latest", "1.2.3"));
    }

    [Fact]
    public void The_side_file_tells_the_package_of_a_module_and_of_another_spelling()
    {
        Tell(PackagePinDetector.Detect("python", ["-m", "mcp_server_git"], null, new PackageSettings("pypi", "mcp-server-git", "1.0", null)))
            .Should().Be("pypi mcp-server-git - Declared");
        Tell(PackagePinDetector.Detect("uvx", ["MCP_server.git@1.0"], null, new PackageSettings("pypi", "mcp-server-git", null, null)))
            .Should().Be("pypi mcp-server-git 1.0 ExactVersion");
        Tell(PackagePinDetector.Detect("npx", ["mcp-remote@1.0.0"], null, new PackageSettings("oci", "vendor/real", null, null)))
            .Should().Be("oci vendor/real - Declared");
    }

    [Theory]
    [InlineData("cargo", "x")]
    [InlineData("npm", "not a name")]
    public void A_side_file_that_makes_no_sense_leaves_the_package_unclear(string registry, string name) =>
        Tell(PackagePinDetector.Detect("npx", ["foo@1.0.0"], null, new PackageSettings(registry, name, "1", null))).Should().Be("unknown - - Unclear");

    [Theory]
    [InlineData("npx -y foo", null)]
    [InlineData("/opt/wrap --x", "/opt/wrap")]
    [InlineData("./wrap.sh", "./wrap.sh")]
    [InlineData("bash /opt/wrap a b", "/opt/wrap")]
    [InlineData("/bin/sh -e -u wrap.sh", "wrap.sh")]
    [InlineData("bash -o pipefail -- -odd", "-odd")]
    [InlineData("bash -lc npx_foo", null)]
    [InlineData("bash", null)]
    public void The_one_file_to_read_is_named(string line, string? expected)
    {
        var (command, args) = Split(line);

        PackagePinDetector.ScriptPath(command, args).Should().Be(expected);
    }

    internal static string Tell(PackagePin pin) =>
        $"{pin.EcosystemName} {pin.Name ?? "-"} {pin.Version?.Replace(' ', '_') ?? "-"} {pin.Reason}";

    private static PackagePin Detect(string line)
    {
        var (command, args) = Split(line);
        return PackagePinDetector.Detect(command, args);
    }

    private static (string Command, string[] Args) Split(string line)
    {
        var words = line.Split(' ').Select(w => w.Contains("node_modules", StringComparison.Ordinal) && !w.Contains("_node", StringComparison.Ordinal)
            || w.Contains("mcp_", StringComparison.Ordinal) || w.Contains("my_", StringComparison.Ordinal) ? w : Spaces(w)).ToArray();
        return (words[0], words[1..]);
    }

    private static string Spaces(string word) => word.Replace("node_modules", "\u0001", StringComparison.Ordinal).Replace('_', ' ').Replace("\u0001", "node_modules", StringComparison.Ordinal);
}
