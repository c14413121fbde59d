using Fovea.Generator.Graph;

namespace Fovea.Generator.Emission;

/// <summary>Constants of the program as source.</summary>
/// <param name="stateOf">The element of the statistics that holds a state.</param>
internal sealed class CodeValues(Func<string, int> stateOf)
{
    /// <summary>The members of the generated rules that some operators need, each once.</summary>
    /// <param name="elsewhere">Operators whose rules another file has.</param>
    public void WriteRules(IndentedWriter w, IEnumerable<Node> nodes, IEnumerable<Node> elsewhere)
    {
        var known = new HashSet<string>(elsewhere.SelectMany(RulesOf).Select(rule => rule.Name));
        WriteRules(w, nodes.SelectMany(RulesOf).Where(rule => known.Add(rule.Name)));
    }

    /// <summary>As members of the generated rules.</summary>
    public void WriteRules(IndentedWriter w, IEnumerable<Rule> rules)
    {
        using (w.Block("private static partial class Rules"))
        {
            foreach (var rule in rules)
            {
                w.Gap();
                Write(w, rule);
            }
        }
    }

    /// <summary>What an operator's arguments need of them.</summary>
    public static IEnumerable<Rule> RulesOf(Node node) => node.Op.Arguments(node)
        .Select(operand => operand switch
        {
            Operand.Constant constant => constant.Definition,
            Operand.PlanRule rule => rule.Definition,
            _ => null,
        })
        .OfType<Rule>();

    public string Text(CodeValue value) => value switch
    {
        CodeValue.Number number => Literal.Of(number.Value),
        CodeValue.Integer integer => Literal.Of(integer.Value),
        CodeValue.Truth truth => Literal.Of(truth.Value),
        CodeValue.Member member => member.Expression,
        CodeValue.State state => Literal.Of(stateOf(state.Name)),
        CodeValue.Numbers numbers => Literal.List(numbers.Values.Select(Literal.Of)),
        CodeValue.Object made => $"new({string.Join(", ", Arguments(made.Arguments))})",
        CodeValue.Call call => $"{call.Method}({string.Join(", ", Arguments(call.Arguments))})",
        CodeValue.List list => Literal.List(list.Items.Select(Text)),
        _ => throw new InvalidOperationException($"No text for {value}."),
    };

    private void Write(IndentedWriter w, Rule rule)
    {
        if (rule.Summary.Length > 0)
        {
            w.Line($"/// <summary>{rule.Summary}</summary>");
        }

        var head = $"public static readonly {rule.Type} {rule.Name} =";
        if (rule.Items is CodeValue.List list)
        {
            using (w.Block(head, "[", "];"))
            {
                foreach (var item in list.Items)
                {
                    w.List("new(", Arguments(item.Arguments), "),");
                }
            }
        }
        else
        {
            w.List(head + " new(", Arguments(((CodeValue.Object)rule.Items).Arguments), ");");
        }
    }

    /// <summary>Named where they have a name.</summary>
    public IEnumerable<string> Arguments(IEnumerable<(string Name, CodeValue Value)> arguments) =>
        arguments.Select(argument => (argument.Name.Length == 0 ? "" : argument.Name + ": ") + Text(argument.Value));
}
