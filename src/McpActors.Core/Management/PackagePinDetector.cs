using McpActors.Core.Servers;

namespace McpActors.Core.Management;

/// <summary>
/// Reads off a server's command which package it is and where its version is written. Knows the launchers npx, npm exec,
/// pnpm dlx, yarn dlx, bunx, uvx, pipx, python -m, dnx, docker, podman and node, behind env, timeout and their like,
/// command strings (<c>sh -c</c>, <c>cmd /c</c>) and wrapper scripts. Never guesses: what is not clear is
/// <see cref="PinReason.Unclear"/>. Decides from texts alone; who reads the files is not its affair.
/// </summary>
public static class PackagePinDetector
{
    /// <summary>The longest script that is read, in characters; a longer one is unclear.</summary>
    public const int MaxScriptLength = 64 * 1024;

    private const int MaxNesting = 4;
    private static readonly HashSet<string> Shells = ["sh", "bash", "dash", "zsh", "ksh", "ash"];

    /// <summary>The pin of a server.</summary>
    /// <param name="command">The declared command.</param>
    /// <param name="args">Its arguments.</param>
    /// <param name="script">The text of the file that <see cref="ScriptPath"/> names, or null when it is no script or was not read.</param>
    /// <param name="settings">What the side file says about the package; it overrides what the command shows.</param>
    public static PackagePin Detect(string command, IReadOnlyList<string> args, string? script = null, PackageSettings? settings = null)
    {
        ArgumentNullException.ThrowIfNull(command);
        ArgumentNullException.ThrowIfNull(args);
        var texts = new CommandTexts(args, script);
        CommandWord[] words = [CommandWord.Of(command, CommandWord.Nowhere), .. args.Select((arg, i) => CommandWord.Of(arg, i))];
        return Override(script is null ? Launchers(texts, 0).Read(words) : Script(texts, words), settings);
    }

    /// <summary>
    /// The one file whose text <see cref="Detect"/> wants as its script: the script argument of a shell, or else the
    /// command itself where it is a path (it may turn out to be no script); null for a command found on the search path.
    /// </summary>
    public static string? ScriptPath(string command, IReadOnlyList<string> args)
    {
        ArgumentNullException.ThrowIfNull(command);
        ArgumentNullException.ThrowIfNull(args);
        return ScriptArgument(command, args) is { } index ? args[index]
            : !Shells.Contains(Management.Launchers.ProgramName(command)) && command.AsSpan().ContainsAny('/', '\\') ? command
            : null;
    }

    /// <summary>The index of the script among a shell's arguments; null when it is not a shell or gets a command string.</summary>
    private static int? ScriptArgument(string command, IReadOnlyList<string> args)
    {
        if (!Shells.Contains(Management.Launchers.ProgramName(command)))
        {
            return null;
        }

        for (var i = 0; i < args.Count; i++)
        {
            if (args[i] == "--")
            {
                return i + 1 < args.Count ? i + 1 : null;
            }

            if (!args[i].StartsWith('-') && !args[i].StartsWith('+'))
            {
                return i;
            }

            if (args[i] is "-o" or "+o" or "--rcfile" or "--init-file")
            {
                i++;
            }
            else if (args[i].Length < 2 || (args[i][0] == '-' && args[i][1] != '-' && args[i].AsSpan().ContainsAny('c', 's')))
            {
                return null;
            }
        }

        return null;
    }

    private static PackagePin Script(CommandTexts texts, CommandWord[] words)
    {
        var text = texts.Script!;
        if (text.Length > MaxScriptLength || text.Contains('\0', StringComparison.Ordinal))
        {
            return PackagePin.Unclear();
        }

        var argument = ScriptArgument(words[0].Text, texts.Args);
        var path = argument is { } index ? texts.Args[index] : words[0].Text;
        if (argument is null && Interpreter(text) is var interpreter && !Shells.Contains(interpreter ?? "sh"))
        {
            // A script of another language: a path into node_modules still tells the package.
            return Launchers(texts, 0).Read(words);
        }

        var slash = path.LastIndexOf('/');
        var folder = slash < 0 ? "." : slash == 0 ? "" : path[..slash];
        IReadOnlyList<CommandWord> positional = [.. words.Skip(argument is { } at ? at + 2 : 1)];
        return ShellPin.Of(CommandWord.Of(text, CommandWord.Script), positional, folder, Launchers(texts, 0));
    }

    /// <summary>The program of the first line (<c>#!/usr/bin/env bash</c>), or null when there is none, which means a shell.</summary>
    private static string? Interpreter(string text)
    {
        if (!text.StartsWith("#!", StringComparison.Ordinal))
        {
            return null;
        }

        var end = text.IndexOf('\n', StringComparison.Ordinal);
        var words = text[2..(end < 0 ? text.Length : end)].Split([' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
        var name = words.Length == 0 ? "" : Management.Launchers.ProgramName(words[0]);
        return name == "env" ? Management.Launchers.ProgramName(words.Skip(1).FirstOrDefault(w => !w.StartsWith('-')) ?? "") : name;
    }

    private static Launchers Launchers(CommandTexts texts, int nesting) => new(texts, (line, behind) =>
        nesting >= MaxNesting || !line.Certain || line.Text.Length > MaxScriptLength
            ? PackagePin.Unclear()
            // Behind a command string comes $0, then $1.
            : ShellPin.Of(line, [.. behind.Skip(1)], null, Launchers(texts, nesting + 1)));

    private static PackagePin Override(PackagePin pin, PackageSettings? settings)
    {
        if (settings is null)
        {
            return pin;
        }

        var ecosystem = settings.Registry.ToLowerInvariant() switch
        {
            "npm" => PackageEcosystem.Npm,
            "pypi" => PackageEcosystem.Pypi,
            "nuget" => PackageEcosystem.Nuget,
            "oci" => PackageEcosystem.Oci,
            _ => PackageEcosystem.Unknown,
        };
        if (ecosystem == PackageEcosystem.Unknown || !VersionText.IsName(ecosystem, settings.Name))
        {
            return pin with { Ecosystem = PackageEcosystem.Unknown, Name = null, Version = null, Digest = null, Reason = PinReason.Unclear, Place = null };
        }

        // The same package seen in the command: the command tells how it is pinned, because the command is what runs.
        var seen = pin.Ecosystem == ecosystem && pin.Name is not null && SameName(ecosystem, pin.Name, settings.Name)
            && pin.Reason is not (PinReason.ModuleOnly or PinReason.Unclear);
        return seen
            ? pin with { Name = settings.Name, InstalledVersion = settings.Version, PinnedIn = settings.PinnedIn }
            : new PackagePin
            {
                Ecosystem = ecosystem,
                Name = settings.Name,
                Reason = PinReason.Declared,
                InstalledVersion = settings.Version,
                PinnedIn = settings.PinnedIn,
                Launcher = pin.Launcher,
            };
    }

    // PyPI takes case, dots, dashes and underscores as the same (PEP 503); NuGet and npm ignore case.
    private static bool SameName(PackageEcosystem ecosystem, string a, string b) =>
        ecosystem == PackageEcosystem.Pypi
            ? string.Equals(Plain(a), Plain(b), StringComparison.OrdinalIgnoreCase)
            : string.Equals(a, b, ecosystem == PackageEcosystem.Oci ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase);

    private static string Plain(string name) => string.Join('-', name.Split(['-', '_', '.'], StringSplitOptions.RemoveEmptyEntries));
}
