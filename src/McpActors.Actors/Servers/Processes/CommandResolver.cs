using System.Text;

namespace McpActors.Actors.Servers.Processes;

/// <summary>An executable that was found.</summary>
/// <param name="Path">Absolute path of the file.</param>
/// <param name="Interpreter">The absolute path of the interpreter that its first line names, or null.</param>
public sealed record ResolvedCommand(string Path, string? Interpreter);

/// <summary>
/// Finds a command as <c>execvp</c> would, on the PATH of the child's own environment, and tells beforehand and in
/// words why it cannot run: the kernel's "no such file" does not say whether the script, its interpreter or the
/// working directory is missing.
/// </summary>
public static class CommandResolver
{
    /// <summary>The PATH of a process that has none (POSIX leaves it open; this is glibc's).</summary>
    private const string DefaultPath = "/bin:/usr/bin";

    /// <summary>Finds the command, or says why not.</summary>
    /// <param name="command">A bare name, or a path; a relative path counts from the working directory.</param>
    /// <param name="workingDirectory">Absolute.</param>
    /// <param name="path">The child's PATH, or null.</param>
    public static (ResolvedCommand? Found, StartRefusal? Refusal) Resolve(string command, string workingDirectory, string? path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return (null, new StartRefusal(
                StartRefusal.Platform,
                "Servers can be started on Linux only: process groups, /proc and the clean-up of orphans are Linux's.", "Run the node on Linux, in a container or in WSL 2."));
        }

        if (string.IsNullOrWhiteSpace(command) || command.Contains('\0'))
        {
            return (null, new StartRefusal(StartRefusal.BadArgument, "The command is empty or holds a NUL character.", "Write the program's name or path."));
        }

        if (!Directory.Exists(workingDirectory))
        {
            return (null, new StartRefusal(
                StartRefusal.NoWorkingDirectory,
                $"The working directory \"{workingDirectory}\" does not exist.", "Create it, or correct \"cwd\"."));
        }

        if (command.Contains('/'))
        {
            return Check(command, Path.GetFullPath(command, workingDirectory));
        }

        StartRefusal? nearMiss = null;
        foreach (var folder in (path ?? DefaultPath).Split(':'))
        {
            // An empty element means the working directory: POSIX, and a known trap.
            var candidate = Path.Combine(Path.GetFullPath(folder.Length == 0 ? "." : folder, workingDirectory), command);
            if (File.Exists(candidate))
            {
                var (found, refusal) = Check(command, candidate);
                if (found is not null)
                {
                    return (found, null);
                }

                nearMiss ??= refusal;
            }
        }

        return (null, nearMiss ?? new StartRefusal(
            StartRefusal.CommandNotFound,
            $"The command \"{command}\" is in no folder of the server's PATH ({path ?? DefaultPath}).", "Install it, write its full path, or set PATH in the server's env."));
    }

    private static (ResolvedCommand? Found, StartRefusal? Refusal) Check(string command, string file)
    {
        if (Directory.Exists(file))
        {
            return (null, new StartRefusal(StartRefusal.NotExecutable, $"The command \"{command}\" is a folder ({file}).", "Name the program in it."));
        }

        if (!File.Exists(file))
        {
            return (null, new StartRefusal(StartRefusal.CommandNotFound, $"The command \"{command}\" does not exist ({file}).", "Correct the path or install it."));
        }

        if (Native.Access(file, Native.ExecuteAccess) != 0)
        {
            return (null, new StartRefusal(StartRefusal.NotExecutable, $"The command \"{command}\" ({file}) is not executable for this user.", $"Run: chmod +x \"{file}\""));
        }

        var interpreter = InterpreterOf(file);
        if (interpreter is not null && !File.Exists(interpreter.TrimEnd('\r')))
        {
            return (null, new StartRefusal(
                StartRefusal.CommandNotFound,
                $"The first line of \"{file}\" names the interpreter \"{interpreter.TrimEnd('\r')}\", which does not exist.", "Install it or correct the line."));
        }

        if (interpreter?.EndsWith('\r') == true)
        {
            return (null, new StartRefusal(
                StartRefusal.NotExecutable,
                $"The first line of \"{file}\" ends as on Windows (carriage return), so Linux cannot find its interpreter.", "Save the file with Unix line ends."));
        }

        return (new ResolvedCommand(file, interpreter), null);
    }

    /// <summary>The path behind <c>#!</c>, a carriage return directly behind it included; null without such a line.</summary>
    private static string? InterpreterOf(string file)
    {
        Span<byte> head = stackalloc byte[256];
        int length;
        try
        {
            using var handle = File.OpenHandle(file);
            length = RandomAccess.Read(handle, head, 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Executable but not readable is legal for binaries.
            return null;
        }

        head = head[..length];
        if (!head.StartsWith("#!"u8))
        {
            return null;
        }

        var end = head.IndexOf((byte)'\n');
        var line = Encoding.UTF8.GetString(head[2..(end < 0 ? length : end)]).TrimStart(' ', '\t');
        var word = line.Split(' ', '\t')[0];
        return word.StartsWith('/') ? word : null;
    }
}
