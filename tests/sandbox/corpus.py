# ruff: noqa: E501
"""Programs that go through both backends: each defines `f`, and what it does is one idea each.

Many are here because Monty gets them wrong, or once did.
"""

from __future__ import annotations

PROGRAMS = """
def f(): return "abc".find("", 4), "".find("", 1), "abc".find("", 2, 1), "abc".rfind("", 4)
---
def f():
    nothing = "".join([])
    return "abc".count(nothing, 4), "abc".startswith(nothing, 4), "abc".endswith("", 4)
---
def f():
    d = {1: "a"}; d[True] = "b"; d[2 > 1] = "c"
    return list(d.items())
---
def f():
    from collections import Counter, defaultdict
    d = defaultdict(list); d["a"].append(1)
    return Counter("abca"), [d], {"inner": Counter()}
---
def f():
    from collections import OrderedDict, namedtuple
    P = namedtuple("P", "x y")
    return OrderedDict(a=1), P(1, 2)
---
def f():
    class Loud(list):
        def __iter__(self): raise ValueError("no")
    return Loud([1])
---
def f():
    log=[]
    def g(x): log.append(x); return x
    r=any(g(x) for x in [0,1,2,3])
    return (r,log)
---
def f():
    m=map(int,["1","2"]); a=sum(m); return (a,len(list(m)))
---
def f():
    it=iter([1,2,3,4]); return list(zip(it,it))
---
def f():
    z=zip([1],[2]); return (list(z),list(z))
---
def f():
    z=filter(None,[1,0,2]); return (list(z),list(z))
---
def f():
    e=enumerate("ab"); next(e); return list(e)
---
def f():
    e=reversed([1,2]); next(e); return list(e)
---
def f():
    r=range(5); return (r[2],len(r),3 in r,list(r[::-1]),r.index(3))
---
def f():
    a=[1]; b=a; b+=[2]; a=a+[3]; return (a,b)
---
def f():
    fs=[lambda: i for i in range(3)]; return [g() for g in fs]
---
def f():
    def h(a,b=[]): b.append(a); return b
    h(1); return h(2)
---
def f(): return {1:'a',True:'b',1.0:'c'}
---
def f(): return [type(x).__name__ for x in (1,True,1.0,'a',None,[],(),{},set())]
---
def f():
    try: return 1
    finally: print('x')
---
def f():
    for i in range(3):
        if i==5: break
    else: return 'else'
---
def f(): return sorted([(1,'b'),(1,'a'),(0,'z')],key=lambda t:t[0],reverse=True)
---
def f(): return "%5.2f|%d|%s|%r|%x|%05d|%-5s|%%"%(1.005,3,'a','b',255,42,'z')
---
def f(): return f"{1.005:.2f} {3:05d} {'a':>5} {'b':^7}| {1234567:,} {0.5:%} {255:x} {255:#b} {1e10:g} {-3:+d}"
---
def f(): return [round(x,2) for x in (2.675,1.005,0.125,2.5)]+[round(2.5),round(3.5),round(-0.5),round(1234,-2)]
---
def f(): return [-7//2,-7%3,7%-3,divmod(-7,2),-7.5//2,-7.5%2,2**-1,2**100,(-8)**(1/3)]
---
def f(): return [int(" 12 "),int("1_000"),int("0x1f",16),int("-7"),int(3.9),int(-3.9),float("1e5"),float("inf"),str(1e16),str(123456789.123456789),str(1e-7),0.1+0.2]
---
def f(): return ["a,b,,c".split(","),"  a b ".split(),"a b c".rsplit(" ",1),"a\\nb\\r\\nc".splitlines(),"hello world".title(),"hELLO".capitalize(),"Ab".swapcase(),"ab".center(7,'*'),"42".zfill(5),"-42".zfill(5),"a-b-c".partition("-"),"aXbX".replace("X","y",1),"abc".find("z"),"abcabc".rfind("c"),"abc".count(""),"  x ".strip(),"xxaxx".strip("x"),"a\\tb".expandtabs(4)]
---
def f(): return ["ab".isalpha(),"12".isdigit(),"a1".isalnum(),"".isalpha()," ".isspace(),"Ab".isupper(),"ab".islower(),"Ab".istitle(),"a".isidentifier(),"ab".startswith(("x","a")),"ab".endswith("b"),"a" in "abc","abc"<"abd",ord("a"),chr(97),"abc"[::-1],"abc"[-1],"abc"[5:],"ab"*3]
---
def f():
    from collections import Counter,defaultdict,deque,OrderedDict
    c=Counter("abracadabra"); d=defaultdict(list); d['a'].append(1); q=deque([1,2,3],maxlen=2); q.append(9)
    return [c.most_common(2),dict(c),dict(d),list(q),c['z'],q.popleft(),dict(c-Counter("aab")), sorted(c.elements())]
---
def f():
    import itertools as it
    return [list(it.combinations([1,2,3],2)),list(it.permutations([1,2])),list(it.product([1,2],"ab")),list(it.accumulate([1,2,3])),list(it.chain([1],[2])),[(k,list(g)) for k,g in it.groupby("aab")],list(it.islice(it.count(),3)),list(it.zip_longest([1],[2,3]))]
---
def f():
    import math
    return [math.gcd(12,18),math.floor(-1.5),math.ceil(1.2),math.sqrt(2),math.isqrt(17),math.prod([1,2,3]),math.factorial(20),math.comb(5,2),math.lcm(4,6),math.pi,math.inf,math.log(10),math.log2(8),math.sin(1),math.hypot(3,4),math.fabs(-2)]
---
def f():
    import functools
    return functools.reduce(lambda a,b:a*b,[1,2,3],1)
---
def f():
    import re
    return [re.findall(r"\\d+","a1b22"),re.sub(r"a","b","banana"),re.split(r"[,;]","a,b;c"),bool(re.match(r"^a.c$","abc"))]
---
def f():
    d={'b':1,'a':2}; d.update(c=3); d.pop('b'); d.setdefault('z',[]).append(1)
    return [list(d.items()),list(d),d.get('q',0),sorted(d.keys()),max(d.values(),key=str),dict(zip("ab",[1,2])),{k:v for k,v in d.items() if k!='a'},d.popitem(),{**d,'y':1},dict.fromkeys("ab",0),d|{'m':1}]
---
def f():
    a=[3,1,2]; a.sort(); a.insert(1,9); a.extend((7,8)); a.remove(9); x=a.pop(0); a.reverse(); b=a.copy(); b.clear(); a[1:2]=[5,5]; a[::2]=[0]*len(a[::2])
    return [a,b,x,a.index(5),a.count(5),a[-2:],[1,2]*2,[[0]*2]*2,min(a),max(a),sum(a),sum([[1],[2]],[]),list(range(10,0,-3))]
---
def f():
    class P:
        def __init__(s,x): s.x=x
        def get(s): return s.x
    p=P(3); p.y=4; return [p.get(),p.y,isinstance(p,P)]
---
def f():
    class P:
        n=0
        def __init__(s): P.n+=1
    P();P(); return P.n
---
def f():
    class P:
        def __len__(s): return 0
        def __bool__(s): return False
    return [bool(P()),len(P())]
---
def f():
    class P:
        def __init__(s,v): s.v=v
        def __eq__(s,o): return s.v==o.v
        def __lt__(s,o): return s.v<o.v
        def __add__(s,o): return P(s.v+o.v)
        def __repr__(s): return 'P'+str(s.v)
        def __hash__(s): return 1
        def __getitem__(s,i): return i
        def __contains__(s,i): return True
        def __iter__(s): return iter([1,2])
    return [P(1)==P(1),P(1)<P(2),repr(P(1)+P(2)),P(1)[4],3 in P(1),list(P(1)),str(sorted([P(3),P(1)])),len({P(1):1,P(1):2}), P(1)!=P(1)]
---
def f():
    s=set(); s.add(3); s|={1}; a={1,2}-{2}; return [len(s),sorted(s),a=={1},{1}<{1,2},3 in s,sorted({x%3 for x in range(9)})]
---
def f():
    try: [].index(1)
    except ValueError as e: return str(e)
---
def f():
    r=[]
    for g in (lambda:[][0],lambda:{}['a'],lambda:1/0,lambda:int('x'),lambda:'a'.index('z'),lambda:[].pop(),lambda:next(iter([])),lambda:[].remove(1),lambda:max([]),lambda:{}.popitem(),lambda:float('x'),lambda: (1).bit_length()+None):
        try: g()
        except (ValueError,LookupError,ZeroDivisionError,StopIteration,TypeError) as e: r.append((type(e).__name__,str(e)))
    return r
---
def f():
    x=5
    def g():
        nonlocal x; x+=1; return x
    return [g(),x]
---
def f(a=1,*b,c=2,**d): return [a,b,c,d]
---
def f():
    a,*b,c=[1,2,3,4]; (d,e),g=(1,2),3; return [a,b,c,d,e,g]
---
def f():
    return [x for x in range(3) for y in range(x)],[i if i else -1 for i in range(2)],(1<2<3,1<3>2,not 0,1 and 2,0 or 3)
---
def f():
    if (n:=10)>5: return n
---
def f():
    match [1,2]:
        case [a,b]: return a+b
---
def f():
    assert 1==2,"no"
---
def f(): return [5&3,5|3,5^3,~5,1<<4,256>>2,bin(5),hex(255),oct(8),abs(-3),pow(2,10,7),bool([]),(5).bit_length(),"1".join(["a","b"]),all([]),any([])]
---
def f(): return [1==1.0,1 is None,None is None,[1,2]<[1,3],(1,)<(1,2),"a"!="b"]
---
def f(): return str([1,'a',None,True,1.5,(1,),{'k':[1]}])+repr("it's")+repr('a"b\\n\\t\\\\')
---
def f():
    s=0
    for i,(a,b) in enumerate(zip([1,2],[3,4]),start=1): s+=i*a*b
    while s>10:
        s-=3
        if s%2: continue
    return s
---
def f(): return "{} {:>4} {0}".format(1,2) if 0 else "{} {:>4} {x}".format(1,2,x=3)
---
def f(): return ["ß".upper(),"é".isalpha(),"İ".lower(),"ǆ".title(),"²".isdigit(),"½".isnumeric(),"一".isalnum(),len("é")]
---
def f():
    d={}
    for i in range(3): d[i]=i
    try:
        for k in d: d[k+10]=1
    except RuntimeError as e: return str(e)
---
def f(): return ["abc".translate(str.maketrans("ab","xy")),str.upper("a"),list(map(str.strip,[" a "])),sorted("bA",key=str.lower),"a".join(map(str,[1,2]))]
---
def f(): return [max(1,2,3),min("ab","aa"),max([1,5],default=0),max([],default=0),sum((1.5,2)),sum([0.1]*10),sum([True,True])]
---
def f(): return [hash(1),id(1)>0,callable(f)]
---
def f():
    global zz
    zz=3
    return zz
---
def f():
    def gen():
        pass
    return sorted([[3,1],[2]],key=len)
---
def f(): return [1,2,3].__len__()
---
def f(): return [isinstance(True,int),isinstance(1,(int,str)),isinstance([],list),type(1)==int,type('a') is str]
---
def f():
    x=[1,2,3]
    del x[0]
    return x
---
def f():
    a=[1,2,3,4]
    return [v for i,v in enumerate(a) if i%2==0], sum(v for v in a), list(v*2 for v in a), tuple(x for x in a), ",".join(str(x) for x in a), dict((x,1) for x in a), next((x for x in a if x>2),None)
---
def f(): return "a"<1
---
def f(): return [float('nan')==float('nan'), float('nan'), -0.0, 1e300*1e10, 5//0.3, 1e15+0.3, 3.0, 1/3, 100000.0*10, 2.0**0.5, int(1e20), 10**20/3]
---
def f():
    a=[1,2,3,4]
    for x in a:
        if x%2: a.remove(x)
    b=[1,2]
    for x in b:
        if len(b)<6: b.append(x)
    return a,b
---
def f():
    d={1:1,2:2,3:3}; o=[]
    for k,v in d.items():
        d[3]=9; o.append(v)
    return o
---
def f():
    d={1:1,2:2,3:3}
    for k,v in d.items(): d[k+10]=1
---
def f():
    d={1:1}; k=d.keys(); v=d.values(); d[2]=2
    return list(k),list(v),len(d.items())
---
def f(): return range(3)==[0,1,2], range(3)==range(3), list(range(3))==[0,1,2]
---
def f(x: Foo): return 1
---
def f():
    x: List = 3
    return x
---
x: Foo = 3
def f(): return x
---
def f():
    a=[3,1,2]
    return sorted(a,key=lambda v:-v), a.sort(key=lambda v:-v), a
---
def f():
    from collections import Counter
    c=Counter(); c['a']+=2; c.update("ab"); c2=Counter([1,1,2]); return dict(c),c2.most_common(),list(c2.items()),c==Counter({'a':3,'b':1}),sum(c.values()),c['q'],'q' in c,max(c,key=c.get),len(c),c+c
---
def f():
    from collections import deque
    q=deque(); q.append(1); q.appendleft(2); q.extend([3,4]); q.rotate(1); return list(q),q.pop(),q.popleft(),len(q),q[0],bool(q),3 in q
---
def f():
    from collections import defaultdict
    d=defaultdict(int); d['a']+=1; e=defaultdict(list); e[1].append(2); x=e[9]; return d,dict(e),type(d).__name__, d=={'a':1}
---
from typing import List, Dict, Optional, Tuple, Any
def f(x: Optional[List[int]]=None, y: "Foo"=1) -> Dict[str, Any]: return {}
---
def f():
    a=[[0]*2 for _ in range(2)]; a[0][1]=5; b=[[]]*2; b[0].append(1)
    return a,b
---
def f():
    i=0
    while True:
        i+=1
        if i>5: break
    else: return 0
    return i
---
class S:
    \"\"\"doc\"\"\"
    def __init__(self, n=0):
        self.items=[]; self.n=n
    def push(self,x): self.items.append(x); return self
    def size(self): return len(self.items)
def f():
    s=S(); s.push(1).push(2); t=S(5); return s.items,s.size(),t.n,s is t, s==s, s!=t
---
def f():
    x=[1,2,3]; x[0],x[1]=x[1],x[0]; y=x; y[1:1]=[9]; i=0; i,x[i]=1,7
    return x,y
---
def f():
    for i in range(3):
        pass
    return i
---
def f():
    return [(lambda n: n if n<2 else 0)(k) for k in range(3)]
---
def f(n=5):
    memo={}
    def fib(k):
        if k in memo: return memo[k]
        memo[k]=k if k<2 else fib(k-1)+fib(k-2)
        return memo[k]
    return fib(n)
---
def f():
    x=10
    def g():
        return x
    x=20
    return g()
---
def f():
    def g():
        x=1
        return x
    x=2
    return g()+x
---
y=1
def f():
    y=2
    def h(): return y
    return h()
---
def f():
    return x
x=5
---
def f():
    a=1
    a=a if a>1 else [a]
    a*=2
    b="x"; b*=3
    t=(1,); t+=(2,)
    return a,b,t
---
def f():
    l=[1,2,3,4,5]
    l[1:3]=[]
    l[-1:]=[7,8]
    return l, l[10:], l[-100:2], l[::-2]
---
def f():
    try:
        try: int('x')
        except KeyError: return 1
        else: return 2
    except ValueError:
        return 3
---
def f():
    try: x=1
    except ValueError: return 0
    else: return 5
---
def f():
    raise ValueError
---
def f():
    def g():
        raise KeyError('a')
    try: g()
    except (ValueError, KeyError): return 1
---
def f():
    return [str(i) for i in (1,True,None,'a',(1,2),[1],{'a':(1,)})], "%s"%[1,2], f"{[1,'a']}", f"{None}", f"{'a':5}|{True}", f"{3:>3}{'x'!r}{1==1}"
---
def f(): return "a" "b", 'a\\'b', \"\"\"x
y\"\"\", r"\\n", "\\x41\\u0041", -1, +1, not [], 0x1f, 0b11, 1_000
---
def f(): return (1,2)+(3,), (1,)*2, (1,2)[0], [1]+[2], "a"+"b", [1,2]==[1,2], {} == {}, {1:2}=={1:2}, () < (1,)
---
def f(): return max("abc"), min([[2],[1,5]]), max({'a':1,'b':2}), sum([]), list("ab"), tuple([1]), list({'a':1}), dict([(1,2)]), dict(a=1), dict({1:2}), str(), int(), list(), bool()
---
def f():
    s="abc"
    for i in range(len(s)-1,-1,-1):
        if s[i]=='b': continue
        yield_=i
    return yield_
---
def f(a, /, b, *, c=3): return a+b+c
---
def f():
    a=b=[]
    a.append(1)
    return b
---
def f():
    x=[1,2,3]
    return [*x,4],{**{'a':1}},(*x,),max(*x)
---
def f():
    return {k:[v for v in range(k)] for k in range(3)}, {i%2 for i in range(5)}=={0,1}
---
def f():
    xs=[1,-2,-3,4]
    for i,x in enumerate(xs):
        if x<0: xs.pop(i)
    return xs
---
def f():
    xs=[1,2,3]
    for i,x in enumerate(xs):
        if i+1<len(xs): xs[i+1]+=x
    return xs
---
def drop(xs,x): xs.remove(x)
def f():
    xs=[1,2,3,4]
    for x in reversed(xs):
        drop(xs,x)
    for a,b in zip(xs,xs[1:]): drop(xs,b)
    return xs
---
def f():
    xs=[1,2]; ys=xs; out=[]
    for i,x in enumerate(xs):
        if len(ys)<5: ys.append(x)
        out.append(x)
    return out
---
def f():
    seen=[]
    return any(seen.append(x) or x>1 for x in [1,2,3]),seen
---
def f():
    try: return any(int(x)>3 for x in ["5","x"])
    except ValueError: return None
---
def f():
    try:
        for x in map(int,["5","x"]): return x
    except ValueError: return None
---
def f():
    n=0
    def g(x):
        nonlocal n
        n+=1
        return x
    any(map(g,[1,2,3]))
    return n
---
def f():
    last=0
    any((last:=x)>1 for x in [1,2,3])
    return last
---
def f(): return list({5,3,1,"b","a"}), sorted({"aa","b","cc"},key=len), [x for x in {3,1,2}], "".join({"x","y","z"})
---
def f():
    s={3,1}; s.add(2); t=s|{9}; a,*b=t
    return a, s.pop(), str(t), tuple(s), max({"aa","bb"},key=len)
---
def f():
    d={"b":1,"a":2}; e={"a":3,"c":4}
    return list(d.keys()&e.keys()), list(d.keys()|e.keys())
---
def g(s): return list(s)
def f(): return g(set("hello")), list(set("hello")), [*set("hello")]
---
def f():
    d={"x":1}; k=d.keys(); d["y"]=2
    try: [].nothing
    except Exception: return list(k)
---
def f():
    try: import heapq
    except ImportError: return "no heapq"
    return heapq.nsmallest(2,[3,1,2])
---
def f(): return hasattr([],"__len__"), getattr("a","upper")(), [].__class__.__name__, f.__name__
---
def f(): return sum([0.1]*10), round(2.675,2), str(1e15+0.3), f"{1e15+0.3}", {1:"a",1.0:"b"}, "%s"%0.1
---
def f(): return sum([1.5,2.5])/4, 7/2, 2**0.5, round(3.7), int(7/2), abs(-1.5), max(1.5,2), 10//4, 10.0//4
---
def f():
    finally_=[]
    def g():
        try: return [].nothing
        finally: return "swallowed"
    return g()
---
class Stack:
    def __init__(self): self.items=[]
    def __len__(self): return 0
def f(): return "empty" if not Stack() else "full"
---
x=[]
def add(n):
    x.append(n)
    return x
def f(): return add(1), add(2), x
---
import random
def f():
    random.seed(3)
    return random.randint(1,100)
---
def f(n: int = 3) -> list[int]:
    out = []
    for i in range(n):
        if i % 2 == 0:
            out.append(i * i)
    return out
---
def words(text):
    counts = {}
    for word in text.lower().split():
        counts[word] = counts.get(word, 0) + 1
    return counts
def f(): return sorted(words("a b A c b a").items(), key=lambda p: (-p[1], p[0]))
---
def f():
    text, out = "aaabbc", []
    for letter in text:
        if out and out[-1][0] == letter:
            out[-1][1] += 1
        else:
            out.append([letter, 1])
    return "".join(a + str(n) for a, n in out)
---
def f():
    seen = set()
    out = []
    for x in [3, 1, 3, 2, 1]:
        if x not in seen:
            seen.add(x)
            out.append(x)
    return out, len(seen), sorted(seen)
---
def window(xs, k): return [sum(xs[i:i + k]) for i in range(len(xs) - k + 1)]
def f(): return max(window([1, 5, 2, 8, 3], 2)), [a for a, b in zip([1, 2], [2, 2]) if a != b]
---
def push(queue, item, priority):
    queue.append((priority, item))
    queue.sort(key=lambda pair: pair[0])
    return queue
def f():
    queue = []
    for name, priority in [("a", 3), ("b", 1), ("c", 2)]:
        push(queue, name, priority)
    return [item for _, item in queue], queue.pop(0)[1], len(queue)
""".strip("\n").split("\n---\n")
