using System.Buffers;

namespace McpActors.Core.Management;

/// <summary>From the words of one command to the package that it runs. Knows launchers, not shells.</summary>
/// <param name="texts">The texts that the words are written in.</param>
/// <param name="script">Reads a command string (<c>sh -c</c>): the string and the words behind it.</param>
internal sealed class Launchers(CommandTexts texts, Func<CommandWord, IReadOnlyList<CommandWord>, PackagePin> script)
{
    private static readonly HashSet<string> Shells = ["sh", "bash", "dash", "zsh", "ksh", "ash"];

    // They fetch what they run, in ways that are not read here.
    private static readonly HashSet<string> OtherFetchers =
        ["deno", "go", "cargo", "nix", "flatpak", "snap", "powershell", "pwsh", "corepack", "volta", "docker-compose", "kubectl", "ssh", "busybox", "su", "runuser", "watch", "xargs", "parallel", "script"];

    // They set up an environment and run what follows a double dash.
    private static readonly HashSet<string> Wrappers =
        ["op", "doppler", "infisical", "dotenv", "dotenvx", "mise", "asdf", "direnv", "chamber", "aws-vault", "teller", "sops"];

    private static readonly SearchValues<char> CmdSigns = SearchValues.Create("&|<>^%\"");

    private static readonly LauncherOptions EnvOptions = new("-i --ignore-environment -v --debug", "-u --unset -C --chdir");
    private static readonly LauncherOptions NiceOptions = new("", "-n --adjustment");
    private static readonly LauncherOptions TimeoutOptions = new("--foreground --preserve-status -v --verbose", "-k --kill-after -s --signal");
    private static readonly LauncherOptions StdbufOptions = new("", "-i -o -e --input --output --error", clusters: true);
    private static readonly LauncherOptions ExecOptions = new("-c -l", "-a", clusters: true);
    private static readonly LauncherOptions InitOptions = new("-s -g -w -v -vv -c --single-child --verbose", "-p -e");
    private static readonly LauncherOptions NoOptions = new("", "");

    /// <summary>True when a word names a program that is understood as a launcher.</summary>
    public static bool IsLauncher(string program) => ProgramName(program) is
        "npx" or "npm" or "pnpm" or "pnpx" or "yarn" or "bun" or "bunx" or "uv" or "uvx" or "pipx" or "dnx" or "dotnet" or "docker" or "podman" or "node";

    /// <summary>The last part of a path, without the endings of Windows programs, lower-case where those are.</summary>
    public static string ProgramName(string command)
    {
        var name = command[(command.LastIndexOfAny(['/', '\\']) + 1)..];
        foreach (var ending in (ReadOnlySpan<string>)[".exe", ".cmd", ".bat"])
        {
            if (name.EndsWith(ending, StringComparison.OrdinalIgnoreCase))
            {
                return name[..^ending.Length].ToLowerInvariant();
            }
        }

        return name;
    }

    /// <summary>The package that a command runs. <paramref name="folder"/> is where a relative path starts: empty for the server's own, null when unknown.</summary>
    public PackagePin Read(IReadOnlyList<CommandWord> words, string? folder = "", int depth = 0)
    {
        if (words.Count == 0 || words[0].Text.Length == 0 || depth > 8)
        {
            return PackagePin.Unclear();
        }

        var command = words[0].Text;
        if (command.Contains("node_modules", StringComparison.Ordinal) && Local(words[0], folder) is { } local)
        {
            return local;
        }

        if (!words[0].Certain)
        {
            return PackagePin.Unclear();
        }

        var name = ProgramName(command);
        return name switch
        {
            "npx" => Npx(words, 1, "npx"),
            "npm" => Npm(words),
            "pnpx" => Dlx(LauncherTables.Pnpm, words, 1, "pnpx"),
            "pnpm" => Sub(LauncherTables.Pnpm, words, "pnpm", "dlx"),
            "yarn" or "yarnpkg" => Sub(LauncherTables.Yarn, words, "yarn", "dlx"),
            "bunx" => Dlx(LauncherTables.Bunx, words, 1, "bunx"),
            "bun" => words.Count > 1 && words[1].Text == "x" ? Dlx(LauncherTables.Bunx, words, 2, "bun x") : PackagePin.NoPackage("bun"),
            "uvx" => Uvx(words, 1, "uvx"),
            "uv" => Uv(words),
            "pipx" => Pipx(words, 1),
            "dnx" => Dnx(words, 1, "dnx"),
            "dotnet" => Dotnet(words),
            "docker" or "podman" => Docker(words, name),
            "node" or "nodejs" => Node(words, folder),
            "cmd" => Cmd(words, folder, depth),
            "wsl" => Prefixed(NoOptions, words, 1, 0, folder, depth),
            "env" => Env(words, folder, depth),
            "exec" => Prefixed(ExecOptions, words, 1, 0, folder, depth),
            "nice" => Prefixed(NiceOptions, words, 1, 0, folder, depth),
            "timeout" => Prefixed(TimeoutOptions, words, 1, 1, folder, depth),
            "stdbuf" => Prefixed(StdbufOptions, words, 1, 0, folder, depth),
            "tini" or "dumb-init" => Prefixed(InitOptions, words, 1, 0, folder, depth),
            "nohup" or "setsid" or "command" or "sudo" or "time" or "caffeinate" => Prefixed(NoOptions, words, 1, 0, folder, depth),
            _ when name.StartsWith("python", StringComparison.Ordinal) || name is "py" or "pypy3" => Python(words, name, depth),
            _ when Shells.Contains(name) => Shell(words),
            _ when Wrappers.Contains(name) => AfterDashes(words, folder, depth),
            _ when OtherFetchers.Contains(name) || name.EndsWith(".sh", StringComparison.Ordinal) || name.EndsWith(".bash", StringComparison.Ordinal)
                || command.EndsWith(".cmd", StringComparison.OrdinalIgnoreCase) || command.EndsWith(".bat", StringComparison.OrdinalIgnoreCase) => PackagePin.Unclear(),
            _ => PackagePin.NoPackage(),
        };
    }

    /// <summary>The package inside a <c>node_modules</c> folder that a path leads into, or null when it leads into none.</summary>
    private static PackagePin? Local(CommandWord path, string? folder)
    {
        const string Folder = "node_modules/";
        var text = path.Text.Replace('\\', '/');
        // The last one: pnpm and nested dependencies put one node_modules into another.
        var at = text.LastIndexOf(Folder, StringComparison.Ordinal);
        if (at < 0 || (at > 0 && text[at - 1] is not '/' and not CommandWord.Unknown))
        {
            return null;
        }

        var rest = text[(at + Folder.Length)..].Split('/');
        if (rest[0] == ".bin")
        {
            return PackageSpec.Bare(PackageEcosystem.Npm, null, PinReason.Unclear, "node");
        }

        var parts = rest[0].StartsWith('@') ? 2 : 1;
        var name = string.Join('/', rest.Take(parts));
        if (rest.Length < parts || !VersionText.IsName(PackageEcosystem.Npm, name))
        {
            return PackageSpec.Bare(PackageEcosystem.Npm, null, PinReason.Unclear, "node");
        }

        var root = text[..(at + Folder.Length)];
        var absolute = root.StartsWith('/') || (root.Length > 2 && root[1] == ':');
        var known = !root.Contains(CommandWord.Unknown, StringComparison.Ordinal) && (absolute || folder is not null);
        return PackageSpec.Bare(PackageEcosystem.Npm, name, PinReason.Installed, "node") with
        {
            PackageJsonPath = !known ? null : $"{(absolute || folder!.Length == 0 ? "" : folder + "/")}{root}{name}/package.json",
        };
    }

    private PackagePin Npx(IReadOnlyList<CommandWord> words, int from, string launcher)
    {
        if (LauncherTables.Npx.Read(words, from) is not { } options)
        {
            return PackageSpec.Bare(PackageEcosystem.Npm, null, PinReason.Unclear, launcher);
        }

        var calls = options.Of("-c", "--call");
        if (options.Of("-p", "--package").Count == 0 && calls.Count == 1)
        {
            return script(calls[0], []);
        }

        return Chosen(options, words, "npx", launcher);
    }

    private PackagePin Npm(IReadOnlyList<CommandWord> words)
    {
        var options = LauncherTables.Npx.Read(words, 1);
        return options is not null && options.Positional < words.Count && words[options.Positional].Text is "exec" or "x"
            ? Npx(words, options.Positional + 1, "npm exec")
            : PackagePin.Unclear("npm");
    }

    private PackagePin Sub(LauncherOptions table, IReadOnlyList<CommandWord> words, string program, string command)
    {
        var options = table.Read(words, 1);
        return options is not null && options.Positional < words.Count && words[options.Positional].Text == command
            ? Dlx(table, words, options.Positional + 1, $"{program} {command}")
            : PackagePin.Unclear(program);
    }

    private PackagePin Dlx(LauncherOptions table, IReadOnlyList<CommandWord> words, int from, string launcher) =>
        table.Read(words, from) is { } options
            ? Chosen(options, words, launcher, launcher)
            : PackageSpec.Bare(PackageEcosystem.Npm, null, PinReason.Unclear, launcher);

    /// <summary>The package named by an option, or by the first positional word.</summary>
    private PackagePin Chosen(LauncherOptions.Found options, IReadOnlyList<CommandWord> words, string program, string launcher)
    {
        var packages = options.Of("-p", "--package");
        var positional = options.Positional < words.Count ? words[options.Positional] : null;
        if (packages.Count == 1)
        {
            return PackageSpec.Npm(packages[0], launcher, texts);
        }

        if (packages.Count > 1)
        {
            // Several packages are put on the path and one command is run: clear only where one bears its name.
            var named = packages.Select(p => PackageSpec.Npm(p, launcher, texts)).Where(p => p.Name is not null && p.Name == positional?.Text).ToList();
            return named.Count == 1 ? named[0] : PackageSpec.Bare(PackageEcosystem.Npm, null, PinReason.Unclear, launcher);
        }

        return positional is null
            ? PackagePin.Unclear(program)
            : PackageSpec.Npm(positional, launcher, texts);
    }

    private PackagePin Uv(IReadOnlyList<CommandWord> words)
    {
        if (LauncherTables.Uv.Read(words, 1) is not { } options || options.Positional >= words.Count)
        {
            return PackagePin.Unclear("uv");
        }

        var at = options.Positional;
        return words[at].Text switch
        {
            "tool" when at + 1 < words.Count && words[at + 1].Text == "run" => Uvx(words, at + 2, "uv tool run"),
            // A project or a script on this machine, whatever --with adds to it.
            "run" => PackagePin.NoPackage("uv run"),
            _ => PackagePin.Unclear("uv"),
        };
    }

    private PackagePin Uvx(IReadOnlyList<CommandWord> words, int from, string launcher)
    {
        if (LauncherTables.Uv.Read(words, from) is not { } options)
        {
            return PackageSpec.Bare(PackageEcosystem.Pypi, null, PinReason.Unclear, launcher);
        }

        var sources = options.Of("--from");
        return sources.Count > 0 ? PackageSpec.Pypi(sources[^1], "==", launcher, texts)
            : options.Positional < words.Count ? PackageSpec.Pypi(words[options.Positional], "@", launcher, texts)
            : PackagePin.Unclear(launcher);
    }

    private PackagePin Pipx(IReadOnlyList<CommandWord> words, int from)
    {
        var at = LauncherTables.Pipx.Read(words, from)?.Positional ?? words.Count;
        if (at >= words.Count || words[at].Text != "run" || LauncherTables.Pipx.Read(words, at + 1) is not { } options)
        {
            return PackagePin.Unclear("pipx");
        }

        var specs = options.Of("--spec");
        return specs.Count > 0 ? PackageSpec.Pypi(specs[^1], "==", "pipx run", texts)
            : options.Positional < words.Count ? PackageSpec.Pypi(words[options.Positional], "==", "pipx run", texts)
            : PackagePin.Unclear("pipx");
    }

    private PackagePin Python(IReadOnlyList<CommandWord> words, string name, int depth)
    {
        // Python stops reading its options at -m: what follows belongs to the module.
        for (var i = 1; i < words.Count; i++)
        {
            if (words[i].Text is "-m")
            {
                return i + 1 < words.Count ? Module(words, i + 1, name, depth) : PackagePin.Unclear(name);
            }

            if (words[i].Text is "-W" or "-X")
            {
                i++;
            }
            else if (words[i].Text.StartsWith(CommandWord.Unknown) || words[i].Text == "-c")
            {
                return words[i].Text == "-c" ? PackagePin.NoPackage(name) : PackagePin.Unclear(name);
            }
            else if (!words[i].Text.StartsWith('-'))
            {
                return PackagePin.NoPackage(name);
            }
        }

        return PackagePin.Unclear(name);
    }

    private PackagePin Module(IReadOnlyList<CommandWord> words, int at, string launcher, int depth)
    {
        var module = words[at];
        if (module.Text is "pipx" or "uv")
        {
            return Read([.. words.Skip(at)], null, depth + 1);
        }

        var valid = module.Text.Length <= VersionText.MaxLength && module.Text.Length > 0
            && module.Text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.');
        return PackageSpec.Bare(PackageEcosystem.Pypi, valid ? module.Text : null, valid ? PinReason.ModuleOnly : PinReason.Unclear, launcher);
    }

    private PackagePin Dotnet(IReadOnlyList<CommandWord> words)
    {
        var verbs = words.Skip(1).Take(2).Select(w => w.Text).ToList();
        return verbs switch
        {
            ["tool", "exec"] => Dnx(words, 3, "dotnet tool exec"),
            ["dnx", ..] => Dnx(words, 2, "dotnet dnx"),
            ["tool" or "workload", ..] or [] => PackagePin.Unclear("dotnet"),
            _ => PackagePin.NoPackage("dotnet"),
        };
    }

    private PackagePin Dnx(IReadOnlyList<CommandWord> words, int from, string launcher)
    {
        var unclear = PackageSpec.Bare(PackageEcosystem.Nuget, null, PinReason.Unclear, launcher);
        if (LauncherTables.Dnx.Read(words, from) is not { } options || options.Positional >= words.Count)
        {
            return unclear;
        }

        var pin = PackageSpec.Nuget(words[options.Positional], launcher, texts);
        if (pin.Reason != PinReason.NoVersion)
        {
            return pin;
        }

        // Its options may also follow the name, up to the double dash.
        if (LauncherTables.Dnx.Read(words, options.Positional + 1) is not { } later)
        {
            return pin with { Reason = PinReason.Unclear, Place = null };
        }

        IReadOnlyList<CommandWord> versions = [.. options.Of("--version"), .. later.Of("--version")];
        return versions.Count == 0
            ? pin
            : PackageSpec.Versioned(PackageEcosystem.Nuget, pin.Name!, versions[^1], 0, 0, "", launcher, texts);
    }

    private PackagePin Docker(IReadOnlyList<CommandWord> words, string program)
    {
        var at = LauncherTables.DockerGlobal.Read(words, 1)?.Positional ?? words.Count;
        if (at < words.Count && words[at].Text == "container")
        {
            at++;
        }

        if (at >= words.Count || words[at].Text != "run")
        {
            return PackagePin.Unclear(program);
        }

        var launcher = $"{program} run";
        return LauncherTables.DockerRun.Read(words, at + 1) is { } options && options.Positional < words.Count
            ? PackageSpec.Oci(words[options.Positional], launcher, texts)
            : PackageSpec.Bare(PackageEcosystem.Oci, null, PinReason.Unclear, launcher);
    }

    private static PackagePin Node(IReadOnlyList<CommandWord> words, string? folder)
    {
        if (LauncherTables.Node.Read(words, 1) is not { } options)
        {
            // Options of the engine are many and written with an equals sign: a path into node_modules still tells.
            return words.Skip(1).FirstOrDefault(w => w.Text.Contains("node_modules/", StringComparison.Ordinal)) is null
                ? PackagePin.NoPackage("node") with { Ecosystem = PackageEcosystem.Unknown, Reason = PinReason.Unclear }
                : PackageSpec.Bare(PackageEcosystem.Npm, null, PinReason.Unclear, "node");
        }

        if (options.Of("-e", "--eval", "-p", "--print").Count > 0 || options.Positional >= words.Count)
        {
            return PackagePin.NoPackage("node");
        }

        var path = words[options.Positional];
        return Local(path, folder) ?? (path.Certain ? PackagePin.NoPackage("node") : PackagePin.Unclear("node"));
    }

    private PackagePin Shell(IReadOnlyList<CommandWord> words)
    {
        for (var i = 1; i < words.Count; i++)
        {
            var text = words[i].Text;
            if (!text.StartsWith('-') || text.Contains(CommandWord.Unknown, StringComparison.Ordinal) || text == "--")
            {
                break;
            }

            // -c, -lc, -ec: the next word is the command string.
            if (!text.StartsWith("--", StringComparison.Ordinal) && text.Contains('c', StringComparison.Ordinal))
            {
                return i + 1 < words.Count ? script(words[i + 1], [.. words.Skip(i + 2)]) : PackagePin.Unclear();
            }

            i += text is "-o" or "+o" or "--rcfile" or "--init-file" ? 1 : 0;
        }

        return PackagePin.Unclear();
    }

    private PackagePin Cmd(IReadOnlyList<CommandWord> words, string? folder, int depth)
    {
        var at = 1;
        while (at < words.Count && words[at].Text.StartsWith('/') && !words[at].Text.Equals("/c", StringComparison.OrdinalIgnoreCase))
        {
            at++;
        }

        if (at + 1 >= words.Count || !words[at].Text.Equals("/c", StringComparison.OrdinalIgnoreCase))
        {
            return PackagePin.Unclear();
        }

        var rest = words.Skip(at + 1).SelectMany(Split).ToList();
        // cmd's own signs: what they do to the line is not read here.
        return rest.Any(w => w.Text.AsSpan().ContainsAny(CmdSigns)) ? PackagePin.Unclear() : Read(rest, folder, depth + 1);

        static IEnumerable<CommandWord> Split(CommandWord word)
        {
            for (var start = 0; start < word.Text.Length;)
            {
                var end = word.Text.IndexOf(' ', start);
                end = end < 0 ? word.Text.Length : end;
                if (end > start)
                {
                    yield return word.Slice(start, end);
                }

                start = end + 1;
            }
        }
    }

    private PackagePin Env(IReadOnlyList<CommandWord> words, string? folder, int depth)
    {
        if (EnvOptions.Read(words, 1) is not { } options)
        {
            return PackagePin.Unclear();
        }

        var at = options.Positional;
        while (at < words.Count && words[at].Text.Contains('=', StringComparison.Ordinal))
        {
            at++;
        }

        return Read([.. words.Skip(at)], options.Of("-C", "--chdir").Count > 0 ? null : folder, depth + 1);
    }

    private PackagePin Prefixed(LauncherOptions table, IReadOnlyList<CommandWord> words, int from, int skip, string? folder, int depth) =>
        table.Read(words, from) is { } options
            ? Read([.. words.Skip(options.Positional + skip)], folder, depth + 1)
            : PackagePin.Unclear();

    private PackagePin AfterDashes(IReadOnlyList<CommandWord> words, string? folder, int depth)
    {
        for (var i = 1; i < words.Count; i++)
        {
            if (words[i].Text == "--")
            {
                return Read([.. words.Skip(i + 1)], folder, depth + 1);
            }
        }

        return PackagePin.Unclear();
    }
}
