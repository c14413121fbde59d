namespace Fovea.Generator.Graph;

/// <summary>What an operator changes beside its outputs: such a node stays, whoever reads what it makes.</summary>
[Flags]
internal enum Effects
{
    None = 0,

    /// <summary>Moves what outlives the step or other operators read: a norm's running statistics, the running count of foreground.</summary>
    State = 1,

    /// <summary>Writes or rewrites gradients of parameters.</summary>
    ParameterGradients = 2,
}

/// <summary>
/// An operator. Each derived class holds, within one screen, its formula, shape rule, gradient and cost. Instances are immutable and own
/// their facts: geometry, algorithm, activation, hyper-parameters.
/// </summary>
internal abstract class Op
{
    /// <summary>In listings: conv2d, batch_norm, max_pool.</summary>
    public abstract string Name { get; }

    /// <summary>Whether a call computes it. A join of views is a fact about memory alone.</summary>
    public virtual bool HasCode => true;

    /// <summary>The level of the first input that the output is a view of, or null.</summary>
    public virtual int? ViewedLevel => null;

    /// <summary>The member of IBackend that the emitter calls for this node.</summary>
    public abstract string Method(Node node);

    /// <summary>The call's arguments, in order: sources, parameters, destinations.</summary>
    public abstract IEnumerable<Operand> Arguments(Node node);

    /// <summary>
    /// The shape of the node's first output (of no interest where that is no feature map), from its inputs and parameters; the verifier
    /// compares.
    /// </summary>
    public abstract Shape InferShape(Node node);

    /// <summary>
    /// The gradients of the node's inputs and parameters, given the gradient of its first output before <see cref="Activation"/>. All of
    /// them: which are wanted is decided elsewhere.
    /// </summary>
    public virtual IEnumerable<Contribution> Gradient(Node node, Value dy) =>
        throw new InvalidOperationException($"{Name} has no gradient; it must not stand between a trainable parameter and the loss.");

    /// <summary>
    /// For an operator on parameters alone (folding): what turns the gradients of its results into those of its parameters, once the
    /// block's backward has made them.
    /// </summary>
    public virtual IEnumerable<Contribution> ParameterGradient(Node node) => [];

    /// <summary>Parameters whose gradients this node writes, or adds to where <see cref="AddsToParameterGradients"/>.</summary>
    public virtual IEnumerable<Parameter> ParameterGradients(Node node) => [];

    /// <summary>Whether the parameters' gradients are added to what an earlier node has written.</summary>
    public virtual bool AddsToParameterGradients => false;

    /// <summary>What it changes beside its outputs.</summary>
    public virtual Effects Effects(Node node) => ParameterGradients(node).Any() ? Graph.Effects.ParameterGradients : Graph.Effects.None;

    /// <summary>The activation that it applies to what it computes before it stores, or null.</summary>
    public virtual IActivation? Activation => null;

    /// <summary>
    /// Whether the first output is the second input where the first is positive, and 0 elsewhere: the gradient of a ReLU.
    /// </summary>
    public virtual bool IsMask => false;

    /// <summary>Whether the output is the sum of the two inputs.</summary>
    public virtual bool IsSum => false;

    /// <summary>The value where whose elements are not positive the first output is made 0, or null.</summary>
    public virtual Value? Mask(Node node) => null;

    /// <summary>The value that is added to the first output, which may lie in its place, or null.</summary>
    public virtual Value? Accumulated(Node node) => null;

    /// <summary>The same with an activation behind it; null where no backend has that.</summary>
    public virtual Op? WithActivation(IActivation activation) => null;

    /// <summary>The same, adding to the parameters' gradients.</summary>
    public virtual Op WithParameterAccumulate() =>
        throw new InvalidOperationException($"{Name} cannot add to a parameter's gradient; expected one use of each of its parameters.");

    /// <summary>The node with a value added to its first output; null where the operator cannot.</summary>
    public virtual Rewrite? WithAccumulate(Node node, Value summand) => null;

    /// <summary>The node with its first output masked by a value; null where the operator cannot.</summary>
    public virtual Rewrite? WithMask(Node node, Value mask) => null;

    /// <summary>The node reading a gradient through the mask that made its input; null where the operator cannot.</summary>
    public virtual Rewrite? WithMaskedInput(Node node, Node mask) => null;

    /// <summary>One node for this one and the next, which then keeps its outputs and parameters; null where there is none.</summary>
    public virtual Rewrite? With(Node node, Node next) => null;

    /// <summary>
    /// For a sum: one node for it and the node that makes a summand, which then adds the other one while it stores, and for an activation
    /// behind it if there is one; null where no backend has that.
    /// </summary>
    public virtual Rewrite? Joined(Node summand, Value other, IActivation? activation) => null;

    /// <summary>For a sum: one node for it and the two that make its summands; null where no backend has that.</summary>
    public virtual Rewrite? Joined(Node first, Node second) => null;

    /// <summary>
    /// For what is an affine map of each channel where its statistics are fixed: the operator on parameters that makes it a part of the
    /// weights before it; null where it is none.
    /// </summary>
    public virtual Op? Fold(Func<NormUse, bool> hasFixedStatistics) => null;

    /// <summary>Whether another node's weights can take this map in.</summary>
    public virtual bool FoldsInto(Node node) => false;

    /// <summary>What is wrong with the node beyond its shape; null if nothing.</summary>
    public virtual string? Check(Node node) => null;

    /// <summary>Multiply-accumulates for one image on a canvas of the given size.</summary>
    public virtual long Macs(Node node, int height, int width) => 0;

    /// <summary>
    /// Index of the input whose slot output 0 may take over, element by element; −1 for none. More than one: any of them.
    /// </summary>
    public virtual IEnumerable<int> InPlace(Node node) => [];

    /// <summary>
    /// Further inputs of that kind, but where a library that computes the operator makes no such promise, a pass over memory more is its
    /// price. The planner takes them only where memory peaks.
    /// </summary>
    public virtual IEnumerable<int> InPlaceAtPeak(Node node) => [];

    /// <summary>What the comment behind the generated line says beside the shape: "3×3", "1×1 Winograd4", a formula.</summary>
    public virtual string Comment(Node node) => "";

    /// <summary>Attributes in listings: "s1 p1 +relu".</summary>
    public virtual string Attributes(Node node) => "";
}

/// <summary>
/// An operator on one value, element by element, whose gradient is a function of dy and y alone: then it may stand behind another operator,
/// which keeps nothing of what it saw.
/// </summary>
internal interface IActivation
{
    /// <summary>Ends the method's name of an operator that applies it: Relu.</summary>
    string Epilogue { get; }

    /// <summary>dx from y and dy.</summary>
    Op Backward();
}
