using Fovea.Generator.Graph;

namespace Fovea.Generator.Passes;

/// <summary>
/// What must hold between passes: single assignment, every value made before it is read, shapes as the ops infer them, handles that the
/// node's block knows, blocks in one piece, nothing read after its slot was taken over, every parameter's gradient written once and then
/// only added to; and what each op checks of its own nodes.
/// </summary>
internal static class GraphVerifier
{
    /// <exception cref="InvalidOperationException">The first violation: stage, node, expected and found.</exception>
    public static void Verify(ModelGraph graph, string stage, CancellationToken cancellation = default)
    {
        var check = new Checker(stage, cancellation);
        check.Values(graph);
        check.Overwriting(graph);
        foreach (var list in new[] { graph.Setup, graph.Fold, graph.Forward, graph.Loss, graph.Backward })
        {
            check.BlocksInOnePiece(list);
        }

        if (graph.Backward.Count > 0)
        {
            check.ParameterGradients(graph);
        }
    }

    private sealed class Checker(string stage, CancellationToken cancellation)
    {
        public void Values(ModelGraph graph)
        {
            var made = new HashSet<Value>(graph.Sources);
            var names = new HashSet<string>(graph.Sources.Select(v => v.Name), StringComparer.Ordinal);
            foreach (var node in graph.AllNodes)
            {
                cancellation.ThrowIfCancellationRequested();
                foreach (var input in node.Inputs)
                {
                    if (!made.Contains(input))
                    {
                        throw Violation(node, $"reads {input} before it is made");
                    }
                    if (!node.Block.Knows(input))
                    {
                        throw Violation(node, $"reads {input} of block {input.Block}, which {node.Block} does not import");
                    }
                }

                foreach (var output in node.Outputs)
                {
                    if (!(made.Add(output) && names.Add(output.Name)))
                    {
                        throw Violation(node, $"makes {output}, which is made already");
                    }
                    if (output.Producer != node)
                    {
                        throw Violation(node, $"makes {output}, but {output.Producer} is noted as its producer");
                    }
                    if (!node.Block.Knows(output))
                    {
                        throw Violation(node, $"makes {output} of block {output.Block}, which {node.Block} does not import");
                    }
                }

                Parameters(node);
                Shapes(node);
            }
        }

        /// <summary>A value that takes over a slot is the same gradient, and nobody reads the old one afterwards.</summary>
        public void Overwriting(ModelGraph graph)
        {
            var overwritten = new HashSet<Value>();
            foreach (var node in graph.AllNodes)
            {
                cancellation.ThrowIfCancellationRequested();
                foreach (var input in node.Inputs)
                {
                    if (overwritten.Contains(input))
                    {
                        throw Violation(node, $"reads {input}, whose slot a later version has taken over");
                    }
                }

                foreach (var output in node.Outputs)
                {
                    if (output.Continues is { } before)
                    {
                        var same = before.Of == output.Of && before.Role == output.Role && before.Shape == output.Shape;
                        if (!(same && node.Inputs.Contains(before)))
                        {
                            throw Violation(node, $"makes {output}, which cannot take over the slot of {before}");
                        }
                        overwritten.Add(before);
                        if (before.View is { } view)
                        {
                            // Of a pyramid's gradient the levels are read from now on.
                            overwritten.Add(view.Whole);
                        }
                    }
                }
            }
        }

        public void BlocksInOnePiece(List<Node> nodes)
        {
            var seen = new HashSet<Block>();
            for (var i = 0; i < nodes.Count; i++)
            {
                if (i == 0 || nodes[i - 1].Block != nodes[i].Block)
                {
                    if (!seen.Add(nodes[i].Block))
                    {
                        throw Violation(nodes[i], $"belongs to block {nodes[i].Block}, whose other nodes lie elsewhere");
                    }
                }
            }
        }

        public void ParameterGradients(ModelGraph graph)
        {
            var written = new HashSet<Parameter>();
            foreach (var node in graph.Backward)
            {
                foreach (var parameter in node.Op.ParameterGradients(node))
                {
                    if (parameter.Frozen)
                    {
                        throw Violation(node, $"writes the gradient of {parameter}, which is frozen");
                    }
                    var first = written.Add(parameter);
                    if (first == node.Op.AddsToParameterGradients)
                    {
                        throw Violation(node, $"{(first ? "adds to" : "overwrites")} the gradient of {parameter}");
                    }
                }
            }

            foreach (var parameter in graph.Parameters)
            {
                if (!parameter.Frozen && !written.Contains(parameter))
                {
                    throw new InvalidOperationException($"After \"{stage}\": {parameter} is trainable but gets no gradient.");
                }
            }
        }

        private void Parameters(Node node)
        {
            foreach (var parameter in node.Parameters)
            {
                if (parameter.Block != node.Block)
                {
                    throw Violation(node, $"uses {parameter} of block {parameter.Block}");
                }
            }
        }

        private void Shapes(Node node)
        {
            if (node.Outputs.Count > 0 && node.Output.Kind.IsSlotted)
            {
                var inferred = node.Op.InferShape(node);
                if (inferred != node.Output.Shape)
                {
                    throw Violation(node, $"makes {node.Output} {node.Output.Shape}, expected {inferred}");
                }
            }

            if (node.Op.Check(node) is { } violation)
            {
                throw Violation(node, violation);
            }
        }

        private InvalidOperationException Violation(Node node, string violation) =>
            new($"After \"{stage}\": {node.Op.Name} in {node.Block} {violation}.");
    }
}
