namespace McpActors.Actors.Servers.Processes;

/// <summary>Why a process could not be started. It quotes no environment value and no argument.</summary>
/// <param name="Code">A stable name, such as <c>command_not_found</c>.</param>
/// <param name="Message">What is wrong, in words.</param>
/// <param name="Fix">What to do about it.</param>
public sealed record StartRefusal(string Code, string Message, string Fix)
{
    /// <summary>Both as one text.</summary>
    public string Words => $"{Message} {Fix}";

    /// <summary>The platform is not Linux.</summary>
    public const string Platform = "platform";

    /// <summary>No such command on the PATH, or no such file.</summary>
    public const string CommandNotFound = "command_not_found";

    /// <summary>The file is there, but may not be executed.</summary>
    public const string NotExecutable = "command_not_executable";

    /// <summary>The working directory is not there.</summary>
    public const string NoWorkingDirectory = "working_directory_missing";

    /// <summary>The command or an argument cannot be handed to a process (a NUL character).</summary>
    public const string BadArgument = "bad_argument";

    /// <summary>The system refused for another reason.</summary>
    public const string SystemRefused = "system_refused";
}

/// <summary>A process could not be started; nothing of it is left.</summary>
public sealed class ProcessStartException : Exception
{
    /// <summary>Made from the reason.</summary>
    public ProcessStartException(StartRefusal refusal)
        : base(refusal.Words) => Refusal = refusal;

    /// <summary>The reason.</summary>
    public StartRefusal Refusal { get; }
}
