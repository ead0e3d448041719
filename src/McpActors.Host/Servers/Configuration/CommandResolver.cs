using System.Runtime.InteropServices;
using System.Text;

namespace McpActors.Host.Servers.Configuration;

/// <summary>What became of looking for a command.</summary>
internal enum CommandOutcome
{
    /// <summary>Found, and it may be executed.</summary>
    Found,

    /// <summary>No such file, or not on PATH.</summary>
    NotFound,

    /// <summary>The path is a folder.</summary>
    IsDirectory,

    /// <summary>Found, but it may not be executed.</summary>
    NotExecutable,
}

/// <summary>Finds executables as <c>execvp</c> would.</summary>
internal static class CommandResolver
{
    private const string DefaultPath = "/usr/local/bin:/usr/bin:/bin";
    private const int MayExecute = 1;

    private static readonly string[] Interpreters =
        ["node", "python", "python3", "bash", "sh", "zsh", "dash", "ruby", "perl", "tsx", "ts-node"];

    private static readonly string[] ScriptEndings = [".js", ".mjs", ".cjs", ".ts", ".mts", ".py", ".sh", ".rb", ".pl"];

    /// <summary>
    /// The absolute path of a command. With a slash in it, it stands relative to <paramref name="folder"/>;
    /// without, it is looked for on <paramref name="path"/>, whose relative parts and empty ones stand relative
    /// to <paramref name="workingDirectory"/>.
    /// </summary>
    public static (CommandOutcome Outcome, string? Path) Find(string command, string folder, string workingDirectory, string? path)
    {
        if (command.Contains('/') || (OperatingSystem.IsWindows() && command.Contains('\\')))
        {
            var full = Path.GetFullPath(command, folder);
            return (Check(full), full);
        }

        var best = (CommandOutcome.NotFound, (string?)null);
        foreach (var part in (path ?? DefaultPath).Split(Path.PathSeparator))
        {
            var candidate = Path.GetFullPath(Path.Combine(part, command), workingDirectory);
            var outcome = Check(candidate);
            if (outcome == CommandOutcome.Found)
            {
                return (outcome, candidate);
            }

            if (outcome == CommandOutcome.NotExecutable && best.Item1 == CommandOutcome.NotFound)
            {
                best = (outcome, candidate);
            }
        }

        return best;
    }

    /// <summary>
    /// True when an interpreter's first argument names a script by path and there is no such file.
    /// Flags before it make the guess unsafe: then the answer is false.
    /// </summary>
    public static bool ScriptIsMissing(string command, IReadOnlyList<string> args, string workingDirectory)
    {
        if (args.Count == 0 || !Interpreters.Contains(Path.GetFileName(command)) || args[0].StartsWith('-') || args[0].Contains('\0'))
        {
            return false;
        }

        var script = args[0];
        return Array.Exists(ScriptEndings, ending => script.EndsWith(ending, StringComparison.Ordinal))
            && !File.Exists(Path.GetFullPath(script, workingDirectory));
    }

    private static CommandOutcome Check(string path)
    {
        if (Directory.Exists(path))
        {
            return CommandOutcome.IsDirectory;
        }

        if (!File.Exists(path))
        {
            return CommandOutcome.NotFound;
        }

        return OperatingSystem.IsWindows() || Executable(path) ? CommandOutcome.Found : CommandOutcome.NotExecutable;
    }

    private static bool Executable(string path)
    {
        var bytes = new byte[Encoding.UTF8.GetByteCount(path) + 1];
        Encoding.UTF8.GetBytes(path, bytes);
        return Access(bytes, MayExecute) == 0;
    }

    [DllImport("libc", EntryPoint = "access")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Access(byte[] path, int mode);
}
