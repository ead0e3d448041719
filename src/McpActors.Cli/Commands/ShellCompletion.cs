using System.CommandLine;

namespace McpActors.Cli.Commands;

/// <summary>Completion in the user's own shell: the scripts, and what they may be given.</summary>
internal static class ShellCompletion
{
    /// <summary>The shells that have a script.</summary>
    public static IReadOnlyList<string> Shells { get; } = ["bash", "zsh"];

    // The words are compared by the shell itself, not handed to compgen -W: that would expand them.
    private const string Bash = """
        # mcpactors completion for bash. Load it with: source <(mcpactors completion bash)
        _mcpactors() {
          local typed=${COMP_LINE:0:COMP_POINT} word candidate
          word=${typed##*[[:space:]]}
          COMPREPLY=()
          while IFS= read -r candidate; do
            # bash parts words at : = and @ too, and replaces only the last part.
            [[ $candidate == "$word"* ]] && COMPREPLY+=("${candidate:${#word}-${#2}}")
          done < <(mcpactors "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)
        }
        complete -o nosort -F _mcpactors mcpactors
        """;

    private const string Zsh = """
        #compdef mcpactors
        # mcpactors completion for zsh. Load it with: source <(mcpactors completion zsh)
        _mcpactors() {
          local -a candidates
          candidates=("${(@f)$(mcpactors "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)}")
          (( ${#candidates[1]} )) && compadd -- "${candidates[@]}"
        }
        if [[ $funcstack[1] == _mcpactors ]]; then
          _mcpactors "$@"
        else
          compdef _mcpactors mcpactors
        fi
        """;

    /// <summary>The command that prints a script.</summary>
    public static Command Command(out Command command)
    {
        var shell = new Argument<string>("SHELL") { Description = "bash or zsh", HelpName = "SHELL" };
        shell.AcceptOnlyFromAmong([.. Shells]);
        command = new Command(CommandTree.CompletionCommand, "Print a script that completes commands and server names in a shell") { shell };
        command.SetAction(typed =>
        {
            typed.InvocationConfiguration.Output.WriteLine(typed.GetValue(shell) == "zsh" ? Zsh : Bash);
            return ExitStatus.Done;
        });
        return command;
    }

    /// <summary>
    /// Whether a word may be put into somebody's shell: a server named <c>$(rm -rf ~)</c> must not become a
    /// command line that only waits for Enter.
    /// </summary>
    public static bool IsHarmless(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/' or ':' or '@' or '+' or ',');
}
