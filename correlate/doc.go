// Package correlate finds the identity that an account belongs to, exactly as
// the source is configured, and tells why: the rule of the source, rules that say
// more than the vendor's, the vendor's criteria in order, then the default match
// on names.
//
// Identities are numbers that the caller gives, dense from 0. [Compile] makes a
// [Correlator] of a [Config]. It works on one account with an [Index], which can
// change one value at a time ([Correlator.Match], [Correlator.Explain]), or on
// all accounts of a source at once with a [Population] ([Correlator.Run]); both
// give the same answers. [Correlator.Decide] turns what the rules found and what
// is stored into a [Situation] and an action.
//
// What would happen if a rule were changed is answered over the whole source:
// [NewNearby] finds what nearly matches, [Correlator.Effects] what one more
// normaliser would bring, [Correlator.Evidence] where rules contradict each
// other and which links no rule supports, [Suggest] which attributes would make
// good criteria. Managers are [ChooseManager], [Cycles] and [Tree].
//
// Null and blank values never match. Values of multi-valued account attributes
// count one by one. Compiled things are immutable and safe for concurrent use;
// nothing here reads a clock, files or the network.
//
// Source: DECISION 2 and 5, and those named at [Options].
package correlate
