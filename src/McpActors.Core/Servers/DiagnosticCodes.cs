namespace McpActors.Core.Servers;

/// <summary>
/// The stable names of everything that can be wrong with a configuration file.
/// Programs match on them: a name is never changed and never used again for something else.
/// </summary>
public static class DiagnosticCodes
{
    /// <summary>There is no file at the path.</summary>
    public const string FileMissing = "file_missing";

    /// <summary>The path is a folder.</summary>
    public const string FileIsDirectory = "file_is_directory";

    /// <summary>The file is not a regular file (a pipe, a socket, a device).</summary>
    public const string FileNotRegular = "file_not_regular";

    /// <summary>The operating system refused to read the file.</summary>
    public const string FileUnreadable = "file_unreadable";

    /// <summary>The file is larger than the reader's bound.</summary>
    public const string FileTooLarge = "file_too_large";

    /// <summary>The file starts with a UTF-8 byte-order mark.</summary>
    public const string ByteOrderMark = "byte_order_mark";

    /// <summary>The file is not UTF-8.</summary>
    public const string NotUtf8 = "not_utf8";

    /// <summary>The file is not JSON as its reader wants it.</summary>
    public const string InvalidJson = "invalid_json";

    /// <summary>The servers stand under another key than the one that is read, or under none.</summary>
    public const string WrongRootKey = "wrong_root_key";

    /// <summary>The file declares no server at all.</summary>
    public const string NoServers = "no_servers";

    /// <summary>Two servers have one name.</summary>
    public const string DuplicateName = "duplicate_name";

    /// <summary>A key stands twice in one object.</summary>
    public const string DuplicateKey = "duplicate_key";

    /// <summary>A key that nothing here reads.</summary>
    public const string UnknownKey = "unknown_key";

    /// <summary>A value is of the wrong kind (a text for a list, a number for a text, and so on).</summary>
    public const string WrongValueKind = "wrong_value_kind";

    /// <summary>A value is of the right kind and means nothing.</summary>
    public const string InvalidValue = "invalid_value";

    /// <summary>A value lies outside its range.</summary>
    public const string OutOfRange = "out_of_range";

    /// <summary>A server's name is empty, too long, or holds characters that cannot be shown.</summary>
    public const string InvalidName = "invalid_name";

    /// <summary>A server has neither a command nor a URL, or its transport's own one is missing.</summary>
    public const string MissingCommand = "missing_command";

    /// <summary>The command is no file and not on PATH.</summary>
    public const string CommandNotFound = "command_not_found";

    /// <summary>The command is a file that may not be executed.</summary>
    public const string CommandNotExecutable = "command_not_executable";

    /// <summary>The script that an interpreter is to run does not exist.</summary>
    public const string ScriptNotFound = "script_not_found";

    /// <summary>The working directory does not exist.</summary>
    public const string DirectoryNotFound = "directory_not_found";

    /// <summary>A variable is not set and has no default.</summary>
    public const string UnsetVariable = "unset_variable";

    /// <summary>An editor's input has neither a value nor a default.</summary>
    public const string UnsetInput = "unset_input";

    /// <summary>A reference of an editor that has no meaning without that editor.</summary>
    public const string UnsupportedVariable = "unsupported_variable";

    /// <summary>The file of <c>envFile</c> cannot be used.</summary>
    public const string EnvFile = "env_file";

    /// <summary>A name of a variable or header that cannot be one.</summary>
    public const string InvalidEntryName = "invalid_entry_name";

    /// <summary>The transport is not known.</summary>
    public const string UnknownTransport = "unknown_transport";

    /// <summary>A URL without <c>type</c>, which Claude Code refuses.</summary>
    public const string TypeMissing = "type_missing";

    /// <summary>An HTTP server has no URL.</summary>
    public const string MissingUrl = "missing_url";

    /// <summary>The URL is not an absolute http or https URL.</summary>
    public const string InvalidUrl = "invalid_url";

    /// <summary>A server has both a URL and a command.</summary>
    public const string UrlAndCommand = "url_and_command";

    /// <summary>A credential is written in the file.</summary>
    public const string PlainSecret = "plain_secret";

    /// <summary>The side file speaks of a server that the fleet file does not declare.</summary>
    public const string UnknownServer = "unknown_server";

    /// <summary>A server depends on one that is not declared.</summary>
    public const string UnknownDependency = "unknown_dependency";

    /// <summary>Servers depend on each other in a circle.</summary>
    public const string DependencyCycle = "dependency_cycle";

    /// <summary>More faults were found than are told.</summary>
    public const string TooManyDiagnostics = "too_many_diagnostics";

    /// <summary>The fleet wants a server that this node's files do not name.</summary>
    public const string NotDeclaredHere = "not_declared_here";

    /// <summary>This node's files declare a server otherwise than the fleet knows it.</summary>
    public const string DeclaredOtherwise = "declared_otherwise";
}
