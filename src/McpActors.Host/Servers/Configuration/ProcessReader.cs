using McpActors.Actors.Servers.Processes;
using McpActors.Core.Servers;

namespace McpActors.Host.Servers.Configuration;

/// <summary>Reads the process of one server (command, arguments, environment, working directory) and looks for its executable.</summary>
internal sealed class ProcessReader(ServerTexts texts, EntryContext context)
{
    private static readonly string[] Keys = ["command", "args", "env", "envFile", "cwd"];

    private static readonly string[] Interpreters =
        ["node", "python", "python3", "bash", "sh", "zsh", "dash", "ruby", "perl", "tsx", "ts-node"];

    private static readonly string[] ScriptEndings = [".js", ".mjs", ".cjs", ".ts", ".mts", ".py", ".sh", ".rb", ".pl"];

    /// <summary>The process, or null after a fault when there is no command.</summary>
    /// <param name="value">The object that holds the keys.</param>
    /// <param name="place">Where it is declared.</param>
    /// <param name="file">The file in which it stands.</param>
    /// <param name="folder">The folder that relative paths stand for.</param>
    /// <param name="tellKeys">True to tell of other keys in the object.</param>
    public ProcessDefinition? Read(JsonValue value, SourcePosition place, string file, string folder, bool tellKeys = false)
    {
        texts.File = file;
        if (tellKeys)
        {
            ObjectReader.TellKeys(value, Keys, Keys.Contains, file, texts.Server, context.Diagnostics);
        }

        var env = Environment(value, folder);
        var args = texts.Arguments(value.Get("args"));
        var workingDirectory = WorkingDirectory(value, folder);
        if (value.Get("command") is not { Kind: not JsonKind.Null } written)
        {
            texts.Fault(
                DiagnosticCodes.MissingCommand, place, $"The server {texts.Name} has no command{(file == context.File ? " and no url" : "")}.",
                "Write \"command\", or \"type\" and \"url\" for a server over HTTP.");
            return null;
        }

        var faultsBefore = texts.Faults.Count;
        if (texts.Text(written, "command", "command") is not { } command)
        {
            return null;
        }

        texts.Secrets.AddText(command);
        if (string.IsNullOrWhiteSpace(command))
        {
            texts.Fault(DiagnosticCodes.MissingCommand, texts.Place(written), $"The command of the server {texts.Name} is empty.", "Write the program to start.");
            return null;
        }

        // A relative path starts at the file's folder, whatever the working directory is.
        var named = command.Contains('/') ? Path.GetFullPath(command, folder) : command;
        if (texts.Faults.Count == faultsBefore)
        {
            var path = env.GetValueOrDefault("PATH") ?? context.Scope.Environment.GetValueOrDefault("PATH");
            Tell(CommandResolver.Resolve(named, workingDirectory, path).Refusal, command, texts.Place(written));
            TellMissingScript(command, args, workingDirectory, value);
        }

        return new ProcessDefinition(named, args, env, workingDirectory)
        {
            Secrets = texts.Secrets.Secrets,
            Source = texts.Place(written),
        };
    }

    private Dictionary<string, string> Environment(JsonValue value, string folder)
    {
        var env = EnvironmentFile(value, folder);

        // What the entry itself says stands over what its file says.
        foreach (var (name, text) in texts.Map(value.Get("env"), "env", Names.IsVariable, texts.Secrets.AddVariable))
        {
            env[name] = text;
        }

        return env;
    }

    private Dictionary<string, string> EnvironmentFile(JsonValue value, string folder)
    {
        var faultsBefore = texts.Faults.Count;
        if (value.Get("envFile") is not { Kind: not JsonKind.Null } written
            || texts.Text(written, "`envFile`", "envFile") is not { } path || texts.Faults.Count > faultsBefore)
        {
            return [];
        }

        var found = new DiagnosticBag();
        var full = Path.GetFullPath(path.Length == 0 ? "." : path, folder);
        var bytes = ConfigurationFile.Read(full, found);
        var variables = bytes is null ? [] : EnvFile.Parse(bytes, full, texts.Server, context.Diagnostics);
        foreach (var diagnostic in found.InOrder([]))
        {
            if (diagnostic.Severity == DiagnosticSeverity.Error)
            {
                texts.Fault(DiagnosticCodes.EnvFile, texts.Place(written), $"The `envFile` of the server {texts.Name} cannot be used: {diagnostic.Message}", diagnostic.Fix);
            }
            else
            {
                context.Diagnostics.Add(diagnostic.Code, diagnostic.Severity, diagnostic.Source, texts.Server, diagnostic.Message, diagnostic.Fix);
            }
        }

        if (bytes is not null && !context.Files.Contains(full))
        {
            context.Files.Add(full);
        }

        foreach (var (name, text) in variables)
        {
            texts.Secrets.AddVariable(name, text);
        }

        return variables;
    }

    private string WorkingDirectory(JsonValue value, string folder)
    {
        var faultsBefore = texts.Faults.Count;
        if (value.Get("cwd") is not { Kind: not JsonKind.Null } written
            || texts.Text(written, "`cwd`", "cwd") is not { } text || texts.Faults.Count > faultsBefore)
        {
            return folder;
        }

        var full = Path.GetFullPath(text.Length == 0 ? "." : text, folder);
        if (!Directory.Exists(full))
        {
            texts.Fault(DiagnosticCodes.DirectoryNotFound, texts.Place(written), $"The working directory of the server {texts.Name} does not exist.", "Create it, or mend `cwd`.");
        }

        return full;
    }

    private void Tell(StartRefusal? refusal, string command, SourcePosition place)
    {
        if (refusal is null || refusal.Code == StartRefusal.NoWorkingDirectory)
        {
            // A missing working directory has been told, at its own key.
            return;
        }

        var fix = refusal.Code != StartRefusal.CommandNotFound ? refusal.Fix
            : command.StartsWith('~') ? "No shell runs it, so ~ is not replaced. Write ${HOME} instead."
            : command.Contains(' ') ? "Write the program alone, and its arguments in `args`."
            : refusal.Fix;
        texts.Fault(
            refusal.Code == StartRefusal.NotExecutable ? DiagnosticCodes.CommandNotExecutable : DiagnosticCodes.CommandNotFound,
            place, $"The server {texts.Name} cannot be started. {Redactor.Text(refusal.Message, texts.Secrets.Secrets)}", Redactor.Text(fix, texts.Secrets.Secrets));
    }

    /// <summary>An interpreter's first argument may name a script; flags before it make the guess unsafe.</summary>
    private void TellMissingScript(string command, List<string> args, string workingDirectory, JsonValue value)
    {
        if (args.Count == 0 || !Interpreters.Contains(Path.GetFileName(command)) || args[0].StartsWith('-') || args[0].Contains('\0')
            || !Array.Exists(ScriptEndings, ending => args[0].EndsWith(ending, StringComparison.Ordinal))
            || File.Exists(Path.GetFullPath(args[0], workingDirectory)))
        {
            return;
        }

        texts.Warn(
            DiagnosticCodes.ScriptNotFound, texts.Place(value.Get("args")!.Items[0]), $"The script {Quote(args[0])} that the server {texts.Name} runs does not exist in its working directory.",
            "Create it, or mend the path; it starts at `cwd`, or else at the folder of the file.");
    }

    private string Quote(string text) => DiagnosticBag.Quote(Redactor.Text(text, texts.Secrets.Secrets));
}
